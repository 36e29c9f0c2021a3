import type { LessonChecks, Scene } from '#lessons/code.ts';
import { hasBreakpoint, isRunning, podNamed } from '#lessons/scene.ts';
import { inContainer, machinePods } from '#lessons/virtual-machines.ts';

/** The first call of an agent. */
export const firstCall = 'agent/ReseedRandomDev';

const foo = (scene: Scene) => podNamed(scene, 'foo');

export const isAtFirstCall = ({ held }: Pick<Scene, 'held'>) =>
  held.some(({ point }) => point === firstCall);

/** The calls of an agent that come once it has made the sandbox, until the first container runs. */
const afterSandbox = ['GetGuestDetails', 'CreateContainer', 'CloseStdin', 'StartContainer'];

/** The name of a call that is held. */
const methodHeld = ({ held }: Scene) => held[0]?.point.split('/')[1];

export async function hasMachine({ run }: Scene): Promise<boolean> {
  return (await run('pgrep -x sandglass-vmm')).code === 0;
}

/** Whether the agent of foo's machine has answered a call since the step began. */
export function hasAnswered(scene: Scene, method: string): boolean {
  const uid = foo(scene)?.metadata?.uid;
  return scene.trace.some(
    (record) =>
      record.kind === 'agent-return' &&
      record.method === method &&
      !record.error &&
      record.pod?.uid === uid,
  );
}

/** Why a call that is to come has not come yet. */
async function whyNot(scene: Scene) {
  const method = methodHeld(scene);
  if (method !== undefined) return { reason: 'held', values: { method } };
  return (await hasMachine(scene)) ? 'working' : 'no-machine';
}

/** Whether foo's machine has its sandbox: as seen in this step, or as it is. */
async function hasSandbox(scene: Scene): Promise<boolean> {
  if (hasAnswered(scene, 'CreateSandbox') || (await isReady(scene))) return true;
  return afterSandbox.includes(methodHeld(scene) ?? '');
}

/** Whether RunPodSandbox is over for foo, and with it the start of the first container. */
async function isReady(scene: Scene): Promise<boolean> {
  return (await machinePods(scene)).some(({ metadata }) => metadata?.name === 'foo');
}

async function runningInMachine(scene: Scene) {
  return (await machinePods(scene)).find((pod) =>
    (pod.spec?.containers ?? []).some(({ name }) => isRunning(pod, name)),
  );
}

/** Whether there is a file with something in it among what a container has written over its image. */
async function hasWritten({ run }: Scene, containerId: string): Promise<boolean> {
  if (!/^[0-9a-f]+$/.test(containerId)) return false;
  const upper = `/var/lib/sandglass/containers/${containerId}/fs`;
  return (await run(`find ${upper} -type f -size +0 | grep -q .`)).code === 0;
}

/** Of ICMP's counters in /proc/net/snmp: a line of names, and one of numbers. */
function echoRequests(text: string): number {
  const [names = [], numbers = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Icmp: '))
    .map((line) => line.split(' '));
  return Number(numbers[names.indexOf('InEchos')] ?? 0);
}

const runsContainer = (scene: Scene, name: string) =>
  isRunning(foo(scene), name) || (scene.held.length > 0 ? 'held' : 'working');

export default {
  'a-machine-that-waits': {
    vmm: async (scene) => {
      if (await hasMachine(scene)) return true;
      return scene.pods.some(({ spec }) => spec?.runtimeClassName) ? 'none' : 'no-pod';
    },
    held: (scene) => {
      if (isAtFirstCall(scene)) return true;
      if (scene.held.length > 0) return 'other';
      if (hasAnswered(scene, 'ReseedRandomDev') || isRunning(foo(scene), 'a')) return 'gone';
      if (!hasBreakpoint(scene, firstCall)) return 'no-point';
      return foo(scene) ? 'starting' : 'ready';
    },
  },
  'what-a-newborn-needs': {
    sandbox: async (scene) => (await hasSandbox(scene)) || whyNot(scene),
    details: async (scene) => {
      if (!(await hasSandbox(scene))) return whyNot(scene);
      if (afterSandbox.some((method) => scene.held[0]?.point === `agent/${method}`)) return true;
      return hasAnswered(scene, 'GetGuestDetails') || (await isReady(scene))
        ? 'ran-on'
        : whyNot(scene);
    },
  },
  'pause-then-the-rest': {
    pause: async (scene) =>
      hasAnswered(scene, 'StartContainer') || (await isReady(scene)) || whyNot(scene),
    a: (scene) => runsContainer(scene, 'a'),
    b: (scene) => runsContainer(scene, 'b'),
  },
  'a-file-on-both-sides': {
    written: async (scene) => {
      const pod = await runningInMachine(scene);
      if (!pod) return 'no-machine';
      for (const { containerID = '' } of pod.status?.containerStatuses ?? []) {
        if (await hasWritten(scene, containerID.split('://')[1] ?? '')) return true;
      }
      return 'none';
    },
  },
  'a-frame-across-the-tap': {
    answered: async (scene) => {
      const pod = await runningInMachine(scene);
      if (!pod) return 'no-machine';
      const { stdout } = await inContainer(scene, pod, { command: 'cat /proc/net/snmp' });
      return echoRequests(stdout) > 0 || 'silent';
    },
  },
} satisfies LessonChecks;

import { quote } from '#base/shell-quote.ts';
import type { HeldCall } from '#base/stepper.ts';
import type { RunPodSandboxRequest } from '#kube/cri/api_pb.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, hasBreakpoint, isRunning, podNamed } from '#lessons/scene.ts';

const sandboxPoint = 'cri/RunPodSandbox';

const foo = (scene: Scene) => podNamed(scene, 'foo');

const uidOf = (scene: Scene) => foo(scene)?.metadata?.uid ?? '';

const isHeld = ({ held }: Scene) => held.length > 0;

/** Whether a call is the one that asks for foo's sandbox. */
export function isForSandbox({ point, details }: HeldCall): boolean {
  const { request } = (details ?? {}) as { request?: RunPodSandboxRequest };
  return point === sandboxPoint && request?.config?.metadata?.name === 'foo';
}

/** How many sandboxes of the pod were made since the step began: in all, and in place of earlier ones. */
function sandboxesMade(scene: Scene): { all: number; again: number } {
  const uid = uidOf(scene);
  const made = scene.trace.filter(
    (record) =>
      record.kind === 'cri-return' &&
      record.method === 'RunPodSandbox' &&
      !record.error &&
      record.pod?.uid === uid,
  );
  const calls = new Set(made.map(({ parent }) => parent));
  const again = scene.trace.filter((record) => {
    if (record.kind !== 'cri-call' || !calls.has(record.id)) return false;
    const { config } = record.request as RunPodSandboxRequest;
    return (config?.metadata?.attempt ?? 0) > 0;
  });
  return { all: made.length, again: again.length };
}

/** A process of the pod, by the node's number; its namespaces by their inodes, where equal ones are shared. */
interface Process {
  pid: number;
  name: string;
  net: string;
  mnt: string;
}

/** The processes in the pod's cgroups. */
async function processesOf(scene: Scene): Promise<readonly Process[]> {
  const uid = uidOf(scene);
  if (uid === '') return [];
  const groups = `find /sys/fs/cgroup/kubepods -path ${quote(`*/pod${uid}/*`)} -name cgroup.procs`;
  const { stdout } = await scene.run(
    `for p in $(${groups} -exec cat {} +); do ` +
      'echo $p $(stat -Lc %i /proc/$p/ns/net /proc/$p/ns/mnt) $(cat /proc/$p/comm); done',
  );
  const lines = stdout.matchAll(/^(\d+) (\d+) (\d+) (.+)$/gm);
  return [...lines].map(([, pid, net = '', mnt = '', name = '']) => ({
    pid: Number(pid),
    name,
    net,
    mnt,
  }));
}

/** The process that holds the pod's namespaces. */
async function pauseOf(scene: Scene): Promise<Process | undefined> {
  return (await processesOf(scene)).find(({ name }) => name === 'pause');
}

/** The address of the pod's own end of the cable, as its namespace has it. */
export async function addressOf(scene: Scene): Promise<string | undefined> {
  const pause = await pauseOf(scene);
  if (!pause) return undefined;
  const { stdout } = await scene.run(`nsenter -t ${pause.pid} -n ip -4 -o addr show dev eth0`);
  return / inet ([\d.]+)\//.exec(stdout)?.[1];
}

export default {
  'before-any-container': {
    bound: (scene) => {
      const pod = foo(scene);
      if (!pod) return 'no-pod';
      return pod.spec?.nodeName ? true : 'unbound';
    },
    held: (scene) => {
      if (scene.held.some(isForSandbox)) return true;
      if (isHeld(scene)) return 'other';
      if (sandboxesMade(scene).all > 0 || (foo(scene)?.status?.podIP ?? '') !== '') return 'gone';
      return hasBreakpoint(scene, sandboxPoint) ? 'ready' : 'no-point';
    },
  },
  'one-step': {
    pause: async (scene) => {
      if (scene.held.some(isForSandbox)) return 'held';
      return (await pauseOf(scene)) ? true : 'none';
    },
    'held-again': (scene) => {
      if (scene.held.some(isForSandbox)) return 'held';
      if (scene.held.some(({ point }) => point !== sandboxPoint)) return true;
      return sandboxesMade(scene).all > 0 || isRunning(foo(scene), 'a') ? 'ran-on' : 'working';
    },
  },
  'the-packets-way': {
    neighbour: async (scene) => {
      const address = await addressOf(scene);
      if (address === undefined) return 'no-pause';
      const { stdout } = await scene.run('ip neigh show dev cni0');
      const known = stdout.split('\n').some((line) => line.startsWith(`${address} lladdr`));
      return known ? true : { reason: 'silent', values: { address } };
    },
  },
  'two-containers': {
    a: (scene) => isRunning(foo(scene), 'a') || (isHeld(scene) ? 'held' : 'working'),
    b: (scene) => isRunning(foo(scene), 'b') || (isHeld(scene) ? 'held' : 'working'),
    shared: async (scene) => {
      const processes = await processesOf(scene);
      const pause = processes.find(({ name }) => name === 'pause');
      const beside = processes.filter(({ net }) => net === pause?.net);
      return new Set(beside.map(({ mnt }) => mnt)).size >= 3 || 'apart';
    },
  },
  'kill-pause': {
    anew: async (scene) => {
      if (sandboxesMade(scene).again > 0) return true;
      return (await pauseOf(scene)) ? 'alive' : 'waiting';
    },
    running: (scene) => {
      if (sandboxesMade(scene).again === 0) return 'first';
      if (isHeld(scene)) return 'held';
      const isAnother = (name: string) =>
        isRunning(foo(scene), name) && (containerStatus(foo(scene), name)?.restartCount ?? 0) >= 1;
      return ['a', 'b'].every(isAnother) || 'working';
    },
  },
} satisfies LessonChecks;

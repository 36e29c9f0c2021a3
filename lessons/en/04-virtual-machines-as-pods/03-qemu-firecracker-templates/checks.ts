import type { Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { runningContainers } from '#lessons/scene.ts';
import { inContainer, machinePods, virtualMachines } from '#lessons/virtual-machines.ts';

/** MiB: of a pod without a limit. */
const usualMachine = 64;

/** Pods whose machine is by this handler, and that have a container running in it. */
async function running(scene: Scene, handler?: string): Promise<readonly Pod[]> {
  return (await machinePods(scene, handler)).filter((pod) => runningContainers(pod).length > 0);
}

/** Why there is no such machine with a running pod. */
async function whyNone(scene: Scene, handler: string) {
  const machines = await virtualMachines(scene);
  return machines.some((machine) => machine.handler === handler) ? 'waiting' : 'none';
}

async function hasRunning(scene: Scene, handler: string) {
  return (await running(scene, handler)).length > 0 || whyNone(scene, handler);
}

/** What no two machines may have in common. */
async function identity(scene: Scene, pod: Pod): Promise<readonly string[]> {
  const command = 'cat /proc/sys/kernel/random/boot_id /sys/class/net/eth0/address';
  const { code, stdout } = await inContainer(scene, pod, { command });
  return code === 0 ? stdout.trim().split('\n') : [];
}

/** Of the VMMs that run: how much memory each has given its machine, by the sandbox's id. */
async function machineSizes({ run }: Scene): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await run('pgrep -ax sandglass-vmm');
  const lines = stdout.matchAll(/ --id (\S+) .*--memory (\d+)/g);
  return new Map([...lines].map(([, id = '', size]) => [id, Number(size)]));
}

/** The first limit that one of a pod's containers was given. */
function memoryLimit({ spec }: Pod): string | undefined {
  const limits = spec?.containers.map(({ resources }) => resources?.limits?.['memory']);
  return limits?.find((limit) => limit !== undefined);
}

const isLimited = (pod: Pod) => memoryLimit(pod) !== undefined;

export default {
  'a-whole-computer': { machine: (scene) => hasRunning(scene, 'kata-qemu') },
  'no-bios': { machine: (scene) => hasRunning(scene, 'kata-fc') },
  'copies-of-a-machine': {
    clones: async (scene) => {
      const handler = 'kata-template';
      if ((await running(scene, handler)).length > 1) return true;
      const made = (await virtualMachines(scene)).filter((each) => each.handler === handler);
      if (made.length > 1) return 'waiting';
      return made.length === 1 ? 'one' : 'none';
    },
    fresh: async (scene) => {
      const clones = await running(scene, 'kata-template');
      if (clones.length < 2) return 'fewer';
      const identities: string[] = [];
      for (const pod of clones) identities.push(...(await identity(scene, pod)));
      if (identities.length < 2 * clones.length) return 'fewer';
      return new Set(identities).size === identities.length || 'alike';
    },
  },
  'how-large-is-a-pod': {
    sized: async (scene) => {
      const sizes = await machineSizes(scene);
      const machines = await virtualMachines(scene);
      const larger = machines.filter(({ id }) => (sizes.get(id) ?? 0) > usualMachine);
      if (larger.length > 0) {
        const pods = await running(scene);
        const isTheirs = ({ metadata }: Pod) => larger.some(({ uid }) => uid === metadata?.uid);
        return pods.some(isTheirs) || 'waiting';
      }
      const pod = (await running(scene)).find(isLimited);
      if (!pod) {
        const isMachine = ({ spec }: Pod) => spec?.runtimeClassName !== undefined;
        return scene.pods.some((each) => isMachine(each) && isLimited(each)) ? 'waiting' : 'none';
      }
      const values = { pod: pod.metadata?.name ?? '', limit: memoryLimit(pod) ?? '' };
      return { reason: 'limit', values };
    },
    fewer: async (scene) => {
      // On a machine where the steps before have made none there are few as well.
      if (!scene.passed.includes('sized')) return 'first';
      const { size } = await machineSizes(scene);
      return size <= 2 || { reason: 'many', values: { count: String(size) } };
    },
  },
} satisfies LessonChecks;

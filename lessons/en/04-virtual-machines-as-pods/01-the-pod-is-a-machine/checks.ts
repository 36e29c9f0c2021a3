import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, isRunning, podNamed } from '#lessons/scene.ts';
import { inContainer, machinePods, virtualMachines } from '#lessons/virtual-machines.ts';

/** What every kernel begins with. */
const usualSwappiness = 60;
const swappiness = '/proc/sys/vm/swappiness';

/** The containers that run in virtual machines. */
async function containersInMachines(scene: Scene) {
  return (await machinePods(scene)).flatMap((pod) =>
    (pod.spec?.containers ?? [])
      .filter(({ name }) => isRunning(pod, name))
      .map(({ name: container }) => ({ pod, container })),
  );
}

const listing = 'ps -o pid,args';
/** One that looks; before it has become `ps`, it is the agent's. */
const looks = /^(\{[^}]*\} )?(ps|\/init)\b/;

/** Whether a container has a process beside its first: not counting those that look, of which several may at once. */
async function hasAnother(
  scene: Scene,
  { pod, container }: Awaited<ReturnType<typeof containersInMachines>>[number],
): Promise<boolean> {
  const { stdout } = await inContainer(scene, pod, { container, command: listing });
  const processes = [...stdout.matchAll(/^ *(\d+) (.*)$/gm)];
  return processes.some(([, pid, line = '']) => pid !== '1' && !looks.test(line));
}

export default {
  'one-line-more': {
    machine: async (scene) => {
      if ((await virtualMachines(scene)).some(({ ready }) => ready)) return true;
      const pod = scene.pods.find(({ spec }) => spec?.runtimeClassName !== undefined);
      if (!pod) return 'no-pod';
      const name = pod.spec?.runtimeClassName ?? '';
      const { stdout } = await scene.run(
        'kubectl get runtimeclass -o jsonpath=\'{range .items[*]}{.metadata.name} {.handler}{"\\n"}{end}\'',
      );
      if (new RegExp(`^${name} kata-`, 'm').test(stdout)) return 'waiting';
      return { reason: 'ordinary', values: { pod: pod.metadata?.name ?? '', class: name } };
    },
    running: async (scene) => {
      const pods = await machinePods(scene);
      if (pods.length === 0) return 'no-machine';
      const full = pods.filter(({ spec }) => (spec?.containers.length ?? 0) > 1);
      if (full.length === 0) return 'one';
      const runs = full.some((pod) =>
        (pod.spec?.containers ?? []).every(({ name }) => isRunning(pod, name)),
      );
      return runs || 'waiting';
    },
  },
  'who-is-there': {
    hidden: async (scene) => {
      const containers = await containersInMachines(scene);
      if (containers.length === 0) return 'no-machine';
      for (const each of containers) if (await hasAnother(scene, each)) return true;
      return 'alone';
    },
  },
  'two-kernels': {
    apart: async (scene) => {
      const containers = await containersInMachines(scene);
      if (containers.length === 0) return 'no-machine';
      const command = `cat ${swappiness}`;
      const node = Number((await scene.run(command)).stdout);
      if (node !== usualSwappiness) return { reason: 'node', values: { value: String(node) } };
      for (const { pod, container } of containers) {
        const { code, stdout } = await inContainer(scene, pod, { container, command });
        if (code === 0 && Number(stdout) !== node) return true;
      }
      return { reason: 'same', values: { value: String(node) } };
    },
  },
  'process-one-is-the-agent': {
    again: async (scene) => {
      const machines = await virtualMachines(scene);
      const foo = podNamed(scene, 'foo');
      const own = machines.filter(({ uid }) => uid === foo?.metadata?.uid);
      if (own.length === 0) return 'no-machine';
      if (own.some(({ attempt }) => attempt > 0)) return 'another';
      const names = (foo?.spec?.containers ?? []).map(({ name }) => name);
      const restarts = (name: string) => containerStatus(foo, name)?.restartCount ?? 0;
      if (names.some((name) => restarts(name) > 0 && isRunning(foo, name))) return true;
      return names.every((name) => restarts(name) === 0 && isRunning(foo, name))
        ? 'first'
        : 'waiting';
    },
  },
} satisfies LessonChecks;

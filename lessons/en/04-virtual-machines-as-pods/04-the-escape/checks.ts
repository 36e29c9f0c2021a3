import { quote } from '#base/shell-quote.ts';
import type { Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { runningContainers } from '#lessons/scene.ts';
import { inContainer, machinePods } from '#lessons/virtual-machines.ts';

const patternFile = '/proc/sys/kernel/core_pattern';

async function nodePattern({ run }: Scene): Promise<string> {
  return (await run(`cat ${patternFile}`)).stdout.trim();
}

/** In the files of whoever crashes, as the node's `/proc` leads there (core(5), %P). */
const ofWhoCrashes = '|/proc/%P/root/';

const startsProgram = (pattern: string) => pattern.startsWith('|');

const nameOf = ({ metadata }: Pod) => metadata?.name ?? '';

const isPrivileged = ({ spec }: Pod) =>
  (spec?.containers ?? []).some(({ securityContext }) => securityContext?.privileged === true);

const isOrdinary = ({ spec }: Pod) => spec?.runtimeClassName === undefined;

const runs = (pod: Pod) => runningContainers(pod).length > 0;

/** Where the node has what a pod's containers have written. */
function upperDirectories({ status }: Pod): readonly string[] {
  return (status?.containerStatuses ?? []).flatMap(({ containerID }) => {
    const id = containerID?.split('://')[1];
    return id === undefined ? [] : [`/var/lib/sandglass/containers/${id}/fs`];
  });
}

/** Whether one of the files that the pod's containers have written has all of these words. */
async function hasFileWith(scene: Scene, pod: Pod, ...words: readonly string[]): Promise<boolean> {
  for (const directory of upperDirectories(pod)) {
    let command = `grep -lsrF -- ${quote(words[0] ?? '')} ${directory}`;
    for (const word of words.slice(1))
      command += ` | tr '\\n' '\\0' | xargs -0r grep -lsF -- ${quote(word)}`;
    if ((await scene.run(command)).stdout !== '') return true;
  }
  return false;
}

/** Words that only a list of the node's processes has. */
async function nodeWords({ run }: Scene): Promise<readonly string[]> {
  const { stdout } = await run("hostname; tr '\\0' ' ' < /proc/1/cmdline");
  return stdout.split('\n').map((line) => line.trim());
}

async function runningInMachines(scene: Scene): Promise<readonly Pod[]> {
  return (await machinePods(scene)).filter(runs);
}

export default {
  'a-file-that-runs-programs': {
    evil: (scene) => {
      const [first] = scene.pods.filter(isPrivileged);
      if (!first) return 'no-pod';
      const ordinary = scene.pods.filter((pod) => isPrivileged(pod) && isOrdinary(pod));
      if (ordinary.some(runs)) return true;
      const [waiting] = ordinary;
      if (waiting) return { reason: 'waiting', values: { pod: nameOf(waiting) } };
      return { reason: 'machine', values: { pod: nameOf(first) } };
    },
  },
  'out-of-the-container': {
    pattern: async (scene) => {
      const pattern = await nodePattern(scene);
      if (!startsProgram(pattern)) return { reason: 'file', values: { pattern } };
      const isInside = scene.pods
        .filter(isOrdinary)
        .flatMap(upperDirectories)
        .some((directory) => pattern.startsWith(`|${directory}/`));
      return (
        isInside || pattern.startsWith(ofWhoCrashes) || { reason: 'elsewhere', values: { pattern } }
      );
    },
    loot: async (scene) => {
      const words = await nodeWords(scene);
      for (const pod of scene.pods.filter(isOrdinary)) {
        if (await hasFileWith(scene, pod, ...words)) return true;
      }
      return 'none';
    },
  },
  'what-would-have-stopped-it': {
    repaired: async (scene) => {
      const pattern = await nodePattern(scene);
      return !startsProgram(pattern) || { reason: 'pipe', values: { pattern } };
    },
    tame: (scene) => {
      const ordinary = scene.pods.filter(isOrdinary);
      const evil = ordinary.find(isPrivileged);
      if (evil) return { reason: 'evil', values: { pod: nameOf(evil) } };
      const [tame] = ordinary;
      if (!tame) return 'none';
      return ordinary.some(runs) || { reason: 'waiting', values: { pod: nameOf(tame) } };
    },
  },
  'the-same-in-a-machine': {
    caged: async (scene) => {
      const patterns: string[] = [];
      for (const pod of await runningInMachines(scene)) {
        const { stdout } = await inContainer(scene, pod, { command: `cat ${patternFile}` });
        patterns.push(stdout.trim());
      }
      const [pattern] = patterns;
      if (pattern === undefined) return 'no-pod';
      if (!patterns.some(startsProgram)) return { reason: 'untouched', values: { pattern } };
      return startsProgram(await nodePattern(scene)) ? 'node' : true;
    },
    loot: async (scene) => {
      const pods = await runningInMachines(scene);
      if (pods.length === 0) return 'no-pod';
      for (const pod of pods) if (await hasFileWith(scene, pod, 'kata-agent')) return true;
      return 'none';
    },
  },
} satisfies LessonChecks;

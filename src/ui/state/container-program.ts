import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { Deferred } from '#base/deferred.ts';
import type { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import { words } from '#ui/words/words.ts';
import { commandLine } from '#ui/xray/equivalents/shell.ts';
import type { Machine } from './machine.svelte.ts';
import { type PodContainer, containersOf, endOfContainer } from './pod-containers.ts';
import { type Program, openTerminal } from './programs.ts';

/** What a reader may want of a container: a shell in it, or what it writes, as it comes. */
export type ContainerTask = 'shell' | 'logs';

/** The pods of now, and the news of them. */
export interface PodSource {
  readonly pods: readonly Pod[];
  readonly podsChanged: Emitter<readonly Pod[]>;
}

export interface ContainerProgramOptions {
  machine: Machine;
  pods: PodSource;
  clock: Clock;
}

/** Milliseconds for the API to say that a container has ended, after kubectl has noticed: the kubelet looks once a second. */
const newsLimit = 5_000;

/** kubectl's words for a task, each an argument of its own. */
export function kubectlFor(
  task: ContainerTask,
  { namespace, pod, name }: Pick<PodContainer, 'namespace' | 'pod' | 'name'>,
): string[] {
  const place = ['-n', namespace, pod, '-c', name];
  return task === 'shell'
    ? ['kubectl', 'exec', '-it', ...place, '--', 'sh']
    : ['kubectl', 'logs', '-f', ...place];
}

/** How a container is called in a tab: `web/app`, and with its namespace where that is not the usual one. */
export function nameOf({ namespace, pod, name }: PodContainer): string {
  return namespace === 'default' ? `${pod}/${name}` : `${namespace}/${pod}/${name}`;
}

/** kubectl on the node, with a container. It ends with the container, and then tells how that has ended. */
export function containerProgram(
  task: ContainerTask,
  container: PodContainer,
  { machine, pods, clock }: ContainerProgramOptions,
): Program {
  const command = kubectlFor(task, container);
  return {
    kind: 'container',
    command: commandLine(...command),
    async connect(port, size) {
      if (!machine.running) {
        throw new SandglassError('failed-precondition', words.containers.noMachine);
      }
      const now = containerOfNow(container, pods.pods);
      const running = await openTerminal(machine.api, port, size, command);
      return {
        ...running,
        aftermath: (signal) =>
          now ? untilEnded(now, pods, clock, signal) : Promise.resolve(undefined),
      };
    },
  };
}

/** A pod may have been made anew since, under the same name. */
function containerOfNow(
  { namespace, pod, name }: PodContainer,
  pods: readonly Pod[],
): PodContainer | undefined {
  return pods
    .filter(({ metadata }) => metadata?.namespace === namespace && metadata.name === pod)
    .flatMap(containersOf)
    .find((container) => container.name === name);
}

/** How a container has ended, in a sentence, as soon as the API says so; nothing for one that runs on. */
function untilEnded(
  container: PodContainer,
  { pods, podsChanged }: PodSource,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ended = new Deferred<string>();
  const look = (pods: readonly Pod[]) => {
    const said = endInWords(container, pods);
    if (said !== undefined) ended.resolve(said);
  };
  const stop = podsChanged.listen(look);
  look(pods);
  return withDeadline(ended.promise, clock, newsLimit, 'No news.', signal)
    .catch(() => undefined)
    .finally(stop);
}

function endInWords(
  { podUid, pod: podName, name, id }: PodContainer,
  pods: readonly Pod[],
): string | undefined {
  const pod = pods.find(({ metadata }) => metadata?.uid === podUid);
  if (!pod) return words.containers.podGone(podName);
  const end = id === undefined ? undefined : endOfContainer(pod, id);
  return end && words.containers.ended(name, end.reason, end.exitCode);
}

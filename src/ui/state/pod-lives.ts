import type { PodRef } from '#base/trace-records.ts';
import { uidOnNode } from '#kube/mirror-pods.ts';
import type { Pod } from '#kube/types.ts';

/** What a pod was from one change on, as far as its life is drawn. */
export interface PodVersion {
  resourceVersion: string;
  phase: string;
  /** It is to be deleted. */
  terminating: boolean;
  conditions: readonly { type: string; isTrue: boolean; since: number | undefined }[];
  containers: readonly ContainerState[];
  /** The latest time that the object itself names: whole seconds, in ms since 1970. */
  stamp: number;
}

export interface ContainerState {
  name: string;
  state: 'waiting' | 'running' | 'terminated';
  /** Such as `CrashLoopBackOff`, `Completed`. */
  reason: string;
  exitCode: number | undefined;
  since: number | undefined;
  restarts: number;
}

export interface PodLife {
  /** By the API's UID: a mirror that was deleted and made anew is another. */
  pod: PodRef;
  /** By which the trace and the kubelet's events tell of it. */
  uidOnNode: string;
  created: number;
  /** As the page saw them, oldest first. */
  versions: readonly PodVersion[];
  /** The API has it no more. */
  gone: boolean;
}

/** Pods whose lives are kept, those that are no more first to go; and the changes of each. */
const capacity = { lives: 60, versions: 200 } as const;

/** The lives of pods, put together from what the API has of them at each change. */
export class PodLives {
  readonly #lives = new Map<string, PodLife>();

  /** Those that began last first. */
  get all(): readonly PodLife[] {
    return [...this.#lives.values()].reverse();
  }

  take(pods: readonly Pod[]): void {
    const present = new Set<string>();
    for (const pod of pods) {
      const uid = pod.metadata?.uid ?? '';
      present.add(uid);
      this.#take(uid, pod);
    }
    for (const [uid, life] of this.#lives)
      if (!present.has(uid) && !life.gone) this.#lives.set(uid, { ...life, gone: true });
    while (this.#lives.size > capacity.lives) {
      const [first] = this.#lives.keys();
      const gone = [...this.#lives.values()].find((life) => life.gone)?.pod.uid;
      this.#lives.delete(gone ?? first ?? '');
    }
  }

  #take(uid: string, pod: Pod): void {
    const { name = '', namespace = '', creationTimestamp } = pod.metadata ?? {};
    const created = timeOf(creationTimestamp) ?? 0;
    const life = this.#lives.get(uid) ?? {
      ...{ pod: { uid, name, namespace }, uidOnNode: uidOnNode(pod) },
      ...{ created, versions: [], gone: false },
    };
    const version = versionOf(pod);
    const last = life.versions.at(-1);
    if (last && isSame(last, version)) return;
    const versions = [...life.versions, version];
    // The beginning and the latest say most.
    if (versions.length > capacity.versions) versions.splice(1, 1);
    this.#lives.set(uid, { ...life, versions });
  }
}

function versionOf({ metadata, status }: Pod): PodVersion {
  const conditions = (status?.conditions ?? []).map((condition) => ({
    type: condition.type,
    isTrue: condition.status === 'True',
    since: timeOf(condition.lastTransitionTime),
  }));
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ].map(containerState);
  const terminating = metadata?.deletionTimestamp !== undefined;
  const stamps = [
    timeOf(metadata?.creationTimestamp),
    ...conditions.map(({ since }) => since),
    ...containers.map(({ since }) => since),
  ];
  return {
    resourceVersion: metadata?.resourceVersion ?? '',
    phase: status?.phase ?? 'Pending',
    terminating,
    conditions,
    containers,
    stamp: Math.max(0, ...stamps.filter((stamp) => stamp !== undefined)),
  };
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function containerState({ name, state, restartCount }: ContainerStatus): ContainerState {
  const { running, terminated, waiting } = state ?? {};
  const common = { name, restarts: restartCount };
  if (running) {
    const since = timeOf(running.startedAt);
    return { ...common, state: 'running', reason: '', exitCode: undefined, since };
  }
  if (terminated) {
    const { reason = '', exitCode, finishedAt } = terminated;
    return { ...common, state: 'terminated', reason, exitCode, since: timeOf(finishedAt) };
  }
  const reason = waiting?.reason ?? '';
  return { ...common, state: 'waiting', reason, exitCode: undefined, since: undefined };
}

function timeOf(timestamp: string | null | undefined): number | undefined {
  const time = Date.parse(timestamp ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function isSame(one: PodVersion, other: PodVersion): boolean {
  const facts = ({ phase, terminating, conditions, containers }: PodVersion) =>
    JSON.stringify([phase, terminating, conditions, containers]);
  return facts(one) === facts(other);
}

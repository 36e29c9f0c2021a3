import type { Pod, PodStatus as ApiPodStatus } from '#kube/types.ts';
import type { RuntimePod } from './container/types.ts';

export type SyncPodType = 'create' | 'update' | 'sync' | 'kill';

export interface KillPodOptions {
  /** Called once, when the pod has stopped. */
  completed?: () => void;
  evict?: boolean;
  /** Changes the status that the pod ends with, such as Failed with a reason. */
  statusFunc?: (status: ApiPodStatus) => void;
  /** Seconds, instead of what the pod asks for. */
  gracePeriodOverride?: number;
}

/** What a worker is asked for: a pod of the API, or one that only the runtime knows, which can only be killed. */
export type PodUpdate = {
  type: SyncPodType;
  /** Of the clock, when the change was seen. */
  startTime: number;
  kill?: KillPodOptions;
} & ({ pod: Pod; mirrorPod?: Pod } | { runningPod: RuntimePod });

export type WorkType = 'sync' | 'terminating' | 'terminated';

/** Where a pod is in its life (pkg/kubelet/pod_workers.go, podSyncStatus). Times are the clock's. */
export interface PodSyncStatus {
  fullName: string;
  isStatic: boolean;
  /** Ends the sync under way, when the pod becomes terminating or has less time for it. */
  cancel: AbortController | undefined;
  working: boolean;
  pending: PodUpdate | undefined;
  active: PodUpdate | undefined;
  startedAt: number | undefined;
  terminatingAt: number | undefined;
  terminatedAt: number | undefined;
  gracePeriod: number | undefined;
  deleted: boolean;
  evicted: boolean;
  finished: boolean;
  /** The pod came again under its UID while it was ending, as static pods do. */
  restartRequested: boolean;
  notifyPostTerminating: (() => void)[];
  statusPostTerminating: ((status: ApiPodStatus) => void)[];
}

export function newPodSyncStatus(fullName: string, isStatic: boolean): PodSyncStatus {
  return {
    fullName,
    isStatic,
    cancel: undefined,
    working: false,
    pending: undefined,
    active: undefined,
    startedAt: undefined,
    terminatingAt: undefined,
    terminatedAt: undefined,
    gracePeriod: undefined,
    deleted: false,
    evicted: false,
    finished: false,
    restartRequested: false,
    notifyPostTerminating: [],
    statusPostTerminating: [],
  };
}

export function workTypeOf(status: PodSyncStatus): WorkType {
  if (status.terminatedAt !== undefined) return 'terminated';
  return status.terminatingAt !== undefined ? 'terminating' : 'sync';
}

/**
 * Seconds that a terminating pod still has: an override, else the API's deletion, else the spec; never
 * more than it was told before, and at least one (calculateEffectiveGracePeriod).
 */
export function effectiveGracePeriod(
  status: Pick<PodSyncStatus, 'gracePeriod'>,
  update: PodUpdate,
): { seconds: number; shortened: boolean } {
  const pod = 'pod' in update ? update.pod : undefined;
  const asked = [
    status.gracePeriod,
    pod?.metadata?.deletionGracePeriodSeconds,
    update.kill?.gracePeriodOverride,
  ].filter((seconds) => seconds !== undefined);
  const intent = pod?.spec?.terminationGracePeriodSeconds ?? 0;
  const seconds = Math.max(1, asked.length === 0 ? intent : Math.min(...asked));
  return { seconds, shortened: status.gracePeriod !== undefined && status.gracePeriod !== seconds };
}

import type { Clock } from '#base/clock.ts';
import { type SandglassError, asSandglassError } from '#base/errors.ts';
import type { PodRef } from '#base/trace-records.ts';
import type { TraceBus } from '#base/trace.ts';
import type { Pod, PodStatus as ApiPodStatus } from '#kube/types.ts';
import type { PodStatusCache } from './container/cache.ts';
import type { PodStatus, RuntimePod } from './container/types.ts';
import { podRefOf } from './pod-facts.ts';
import {
  type PodSyncStatus,
  type PodUpdate,
  type SyncPodType,
  type WorkType,
  workTypeOf,
} from './pod-sync-status.ts';
import { backoffExpiryOf } from './sync-errors.ts';
import { type WorkQueue, jitter } from './work-queue.ts';

/** What a worker does for its pod in each of the three phases (pkg/kubelet/pod_workers.go, podSyncer). */
export interface PodSyncer {
  /** Brings the pod nearer to its spec. True when it has come to its end by itself. */
  syncPod(update: {
    type: SyncPodType;
    pod: Pod;
    mirrorPod: Pod | undefined;
    podStatus: PodStatus;
    signal: AbortSignal;
  }): Promise<boolean>;
  /** Stops the pod's containers; when it returns without error none runs. */
  syncTerminatingPod(update: {
    pod: Pod;
    podStatus: PodStatus;
    gracePeriod: number | undefined;
    statusFuncs: readonly ((status: ApiPodStatus) => void)[];
    signal: AbortSignal;
  }): Promise<void>;
  syncTerminatingRuntimePod(pod: RuntimePod, signal: AbortSignal): Promise<void>;
  /** Gives back what the pod held on the node. */
  syncTerminatedPod(pod: Pod, podStatus: PodStatus, signal: AbortSignal): Promise<void>;
}

export interface PodPassesOptions {
  syncer: PodSyncer;
  cache: PodStatusCache;
  workQueue: WorkQueue;
  clock: Clock;
  trace: TraceBus;
  random: () => number;
  /** Told after each sync, however it ended. */
  onSynced: (uid: string) => void;
  /** Told of a sync that failed for want of the pod's status. */
  onFailedSync: (pod: Pod, message: string) => void;
}

/** Without a change a pod is synced again after this long, and up to half as long again. */
export const resyncInterval = 60_000;
export const backOffPeriod = 10_000;
const transientErrorPeriod = 1_000;

/** pkg/kubelet/kubelet.go, NetworkNotReadyErrorMsg */
export const networkNotReadyMessage = 'network is not ready';

/** What a worker does each time it is at work (pkg/kubelet/pod_workers.go, podWorkerLoop). */
export class PodPasses {
  readonly #options: PodPassesOptions;
  /** How often the runtime had been asked when the pod was last synced: only news are acted on. */
  readonly #lastSync = new Map<string, number>();

  constructor(options: PodPassesOptions) {
    this.#options = options;
  }

  forget(uid: string): void {
    this.#lastSync.delete(uid);
  }

  /** One sync in the phase that the pod is in, and when to come again. */
  async run(uid: string, status: PodSyncStatus, update: PodUpdate): Promise<void> {
    const { clock, trace } = this.#options;
    const phase = workTypeOf(status);
    const pod = refOf(update);
    const begun = clock.now();
    const { id } = trace.emit({ kind: 'pod-worker', phase, event: 'begin', pod });
    const cancel = new AbortController();
    status.cancel = cancel;
    let failure: SandglassError | undefined;
    let transition = false;
    try {
      transition = await this.#sync(uid, status, update, phase, cancel.signal);
    } catch (error) {
      failure = asSandglassError(error);
    }
    status.cancel = undefined;
    trace.emit({
      kind: 'pod-worker',
      phase,
      event: 'end',
      pod,
      parent: id,
      milliseconds: clock.now() - begun,
      ...(failure && { error: { code: failure.code, message: failure.message } }),
    });
    if (failure?.code === 'cancelled' && cancel.signal.aborted) failure = undefined;
    this.#complete(uid, status, transition, failure);
    this.#options.onSynced(uid);
  }

  /** True when the pod has gone over to its next phase. */
  async #sync(
    uid: string,
    status: PodSyncStatus,
    update: PodUpdate,
    phase: WorkType,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { syncer, clock, cache } = this.#options;
    if (!('pod' in update)) {
      if (phase === 'terminating') {
        await syncer.syncTerminatingRuntimePod(update.runningPod, signal);
        this.#notifyTerminated(status);
      }
      status.finished = true;
      return false;
    }
    const { pod } = update;
    const podStatus = await this.#podStatus(uid, pod, signal);
    try {
      if (phase === 'terminated') {
        await syncer.syncTerminatedPod(pod, podStatus, signal);
        status.finished = true;
        return false;
      }
      if (phase === 'terminating') {
        await syncer.syncTerminatingPod({
          pod,
          podStatus,
          gracePeriod: update.kill?.gracePeriodOverride,
          statusFuncs: status.statusPostTerminating,
          signal,
        });
        this.#notifyTerminated(status);
        return true;
      }
      const { type, mirrorPod } = update;
      const ended = await syncer.syncPod({ type, pod, mirrorPod, podStatus, signal });
      if (ended) status.terminatingAt ??= clock.now();
      return ended;
    } finally {
      this.#lastSync.set(uid, cache.askings);
    }
  }

  async #podStatus(uid: string, pod: Pod, signal: AbortSignal): Promise<PodStatus> {
    try {
      return await this.#options.cache.getNewerThan(uid, this.#lastSync.get(uid) ?? 0, signal);
    } catch (error) {
      const { code, message } = asSandglassError(error);
      if (code !== 'cancelled')
        this.#options.onFailedSync(pod, `error determining status: ${message}`);
      throw error;
    }
  }

  #notifyTerminated(status: PodSyncStatus): void {
    status.terminatedAt = this.#options.clock.now();
    for (const notify of status.notifyPostTerminating.splice(0)) notify();
  }

  #complete(
    uid: string,
    status: PodSyncStatus,
    transition: boolean,
    error: SandglassError | undefined,
  ): void {
    if (status.finished) return;
    const { workQueue, clock, random } = this.#options;
    if (transition) {
      workQueue.enqueue(uid, 0);
      // The next phase needs no news: the pod as it was last seen will do.
      status.pending ??= status.active;
    } else if (!error) {
      workQueue.enqueue(uid, jitter(resyncInterval, 0.5, random));
    } else if (error.message.includes(networkNotReadyMessage)) {
      workQueue.enqueue(uid, jitter(transientErrorPeriod, 0.5, random));
    } else {
      const expiry = backoffExpiryOf(error);
      const delay = expiry === undefined ? backOffPeriod : Math.max(0, expiry - clock.wallTime());
      workQueue.enqueue(uid, expiry === undefined ? jitter(delay, 0.5, random) : delay);
    }
  }
}

function refOf(update: PodUpdate): PodRef {
  if ('pod' in update) return podRefOf(update.pod);
  const { namespace, name, uid } = update.runningPod;
  return { namespace, name, uid };
}

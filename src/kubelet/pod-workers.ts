import { SandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import {
  fullName,
  fullNameOf,
  isDeleted,
  isStaticPod,
  isTerminalPhase,
  uidOf,
} from './pod-facts.ts';
import { PodPasses, type PodPassesOptions, backOffPeriod } from './pod-passes.ts';
import {
  type PodSyncStatus,
  type PodUpdate,
  type WorkType,
  effectiveGracePeriod,
  newPodSyncStatus,
  workTypeOf,
} from './pod-sync-status.ts';
import { jitter } from './work-queue.ts';

/** One worker a pod, so that SyncLoop never waits for any (pkg/kubelet/pod_workers.go). */
export class PodWorkers {
  readonly #options: PodPassesOptions;
  readonly #statuses = new Map<string, PodSyncStatus>();
  readonly #passes: PodPasses;
  readonly #running = new Set<Promise<void>>();
  #podsSynced = false;
  #stopped = false;

  constructor(options: PodPassesOptions) {
    this.#options = options;
    this.#passes = new PodPasses(options);
  }

  updatePod(update: PodUpdate): void {
    if (this.#stopped) return;
    const uid = 'pod' in update ? uidOf(update.pod) : update.runningPod.uid;
    const known = this.#statuses.get(uid);
    const status = known ?? this.#admit(uid, update);
    if (!status) return;
    const wasTerminating = status.terminatingAt !== undefined;
    if (known && wasTerminating && update.type === 'create') {
      status.restartRequested = true;
      return;
    }
    if (status.finished) {
      update.kill?.completed?.();
      return;
    }
    const becameTerminating = !wasTerminating && this.#startTerminating(status, update);
    const queued = this.#withGracePeriod(status, update);
    const earlier = status.pending?.startTime;
    status.pending =
      earlier === undefined
        ? queued.update
        : { ...queued.update, startTime: Math.min(earlier, queued.update.startTime) };
    if (becameTerminating || queued.shortened) {
      status.cancel?.abort(new SandglassError('cancelled', 'The pod is being terminated.'));
    }
    this.#ensureWorking(uid, status);
  }

  /** Ends every worker's wait and resolves when none is at work. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { cancel } of this.#statuses.values()) {
      cancel?.abort(new SandglassError('cancelled', 'The kubelet is stopping.'));
    }
    await Promise.all(this.#running);
  }

  isKnown(uid: string): boolean {
    return this.#statuses.has(uid);
  }

  isKnownTerminated(uid: string): boolean {
    return this.#statuses.get(uid)?.terminatedAt !== undefined;
  }

  isFinished(uid: string): boolean {
    return this.#statuses.get(uid)?.finished === true;
  }

  isTerminationRequested(uid: string): boolean {
    return this.#statuses.get(uid)?.terminatingAt !== undefined;
  }

  couldHaveRunningContainers(uid: string): boolean {
    const status = this.#statuses.get(uid);
    // Before the first housekeeping an unknown pod may still run from before a restart.
    return status ? status.terminatedAt === undefined : !this.#podsSynced;
  }

  /** Whether sandboxes, containers, volumes and directories of a pod may be removed. */
  shouldContentBeRemoved(uid: string): boolean {
    const status = this.#statuses.get(uid);
    if (!status) return this.#podsSynced;
    return status.evicted || (status.deleted && status.terminatedAt !== undefined);
  }

  isMirrorTerminatingByFullName(name: string): boolean {
    return [...this.#statuses.values()].some(
      (status) =>
        status.isStatic &&
        status.fullName === name &&
        status.terminatingAt !== undefined &&
        !status.finished,
    );
  }

  /**
   * Compares with the pods that should be: forgets finished workers, and ends those whose pod is not
   * configured any more. Returns where each of the others is.
   */
  syncKnownPods(desired: readonly Pod[]): ReadonlyMap<string, WorkType> {
    this.#podsSynced = true;
    const wanted = new Set(desired.map(uidOf));
    const phases = new Map<string, WorkType>();
    for (const [uid, status] of [...this.#statuses]) {
      const orphan = !wanted.has(uid);
      if (status.restartRequested || orphan) {
        if (this.#removeFinished(uid, status)) continue;
        if (orphan && status.terminatingAt === undefined) this.#endOrphan(status);
      }
      phases.set(uid, workTypeOf(status));
    }
    return phases;
  }

  #admit(uid: string, update: PodUpdate): PodSyncStatus | undefined {
    const now = this.#options.clock.now();
    if (!('pod' in update)) {
      // Nothing but its end can be asked of a pod without a spec.
      if (update.type !== 'kill') return undefined;
      const { name, namespace } = update.runningPod;
      const status = newPodSyncStatus(fullName(name, namespace), false);
      this.#statuses.set(uid, status);
      return status;
    }
    const status = newPodSyncStatus(fullNameOf(update.pod), isStaticPod(update.pod));
    // After a restart, a pod that ended before needs its clean-up only.
    const known = this.#options.cache.get(uid);
    if (
      isTerminalPhase(update.pod.status) &&
      !known.containers.some(({ state }) => state === 'running')
    ) {
      status.startedAt = now;
      status.terminatingAt = now;
      status.terminatedAt = now;
    }
    this.#statuses.set(uid, status);
    return status;
  }

  #startTerminating(status: PodSyncStatus, update: PodUpdate): boolean {
    if (!('pod' in update)) {
      status.deleted = true;
    } else if (isDeleted(update.pod)) {
      status.deleted = true;
    } else if (update.type === 'kill') {
      if (update.kill?.evict) status.evicted = true;
      else if (!update.kill) status.deleted = true;
    } else if (!isTerminalPhase(update.pod.status)) {
      return false;
    }
    status.terminatingAt = this.#options.clock.now();
    return true;
  }

  #withGracePeriod(
    status: PodSyncStatus,
    update: PodUpdate,
  ): { update: PodUpdate; shortened: boolean } {
    if (status.terminatingAt === undefined) return { update, shortened: false };
    const removed = update.type === 'kill' && !update.kill;
    if ('pod' in update && (isDeleted(update.pod) || removed)) status.deleted = true;
    if (status.terminatedAt !== undefined) {
      update.kill?.completed?.();
      return { update: withoutKill(update), shortened: false };
    }
    if (update.kill?.completed) status.notifyPostTerminating.push(update.kill.completed);
    if (update.kill?.statusFunc) status.statusPostTerminating.push(update.kill.statusFunc);
    const { seconds, shortened } = effectiveGracePeriod(status, update);
    status.gracePeriod = seconds;
    return {
      update: { ...update, type: 'kill', kill: { ...update.kill, gracePeriodOverride: seconds } },
      shortened,
    };
  }

  #ensureWorking(uid: string, status: PodSyncStatus): void {
    if (status.working) return;
    status.working = true;
    const work = this.#work(uid, status).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** One pass after another for as long as there is something new to do. */
  async #work(uid: string, status: PodSyncStatus): Promise<void> {
    while (!this.#stopped) {
      const update = status.pending;
      if (!update || !this.#canStart(uid, status)) break;
      status.pending = undefined;
      status.active = update;
      status.startedAt ??= this.#options.clock.now();
      await this.#passes.run(uid, status, update);
      if (status.finished) break;
    }
    status.working = false;
  }

  /** Of static pods with one name only one may run (allowPodStart). */
  #canStart(uid: string, status: PodSyncStatus): boolean {
    if (!status.isStatic || status.startedAt !== undefined) return true;
    const other = [...this.#statuses].some(
      ([id, { fullName, isStatic, startedAt, finished }]) =>
        id !== uid &&
        isStatic &&
        fullName === status.fullName &&
        startedAt !== undefined &&
        !finished,
    );
    if (other)
      this.#options.workQueue.enqueue(uid, jitter(backOffPeriod, 0.5, this.#options.random));
    return !other;
  }

  #removeFinished(uid: string, status: PodSyncStatus): boolean {
    if (status.startedAt === undefined && !status.working) {
      // Its worker never began, so there is nothing on the node to end.
      this.#forget(uid);
      return true;
    }
    if (!status.finished) return false;
    this.#forget(uid);
    return true;
  }

  #forget(uid: string): void {
    this.#statuses.delete(uid);
    this.#passes.forget(uid);
    this.#options.workQueue.forget(uid);
  }

  #endOrphan(status: PodSyncStatus): void {
    const last = status.pending ?? status.active;
    if (last) this.updatePod({ ...withoutKill(last), type: 'kill' });
  }
}

function withoutKill(update: PodUpdate): PodUpdate {
  const rest = { ...update };
  delete rest.kill;
  return rest;
}

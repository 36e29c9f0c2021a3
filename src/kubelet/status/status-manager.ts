import type { Clock } from '#base/clock.ts';
import { type SandglassError, asSandglassError } from '#base/errors.ts';
import { isNotFound } from '#kube/status.ts';
import { timeNow } from '#kube/time.ts';
import type { ContainerStatus, Pod, PodStatus } from '#kube/types.ts';
import {
  isDeleted,
  isMirrorPod,
  isStaticPod,
  isTerminalPhase,
  nameOf,
  namespaceOf,
  uidOf,
} from '#kubelet/pod-facts.ts';
import { canonicalText } from '#kubelet/canonical.ts';
import { withReadiness, withTransitionTimes } from './conditions.ts';
import { undoesAnEnd } from './container-transitions.ts';
import { statusPatch } from './status-patch.ts';
import { withShortMessages } from './termination-messages.ts';

/** The API as the status manager uses it. */
export interface PodApi {
  get(namespace: string, name: string, signal: AbortSignal): Promise<Pod>;
  patchStatus(namespace: string, name: string, patch: object, signal: AbortSignal): Promise<Pod>;
  /** At once, if it is still the pod with that UID. */
  delete(namespace: string, name: string, uid: string, signal: AbortSignal): Promise<void>;
}

export interface StatusManagerOptions {
  api: PodApi;
  clock: Clock;
  /** The mirror of a static pod, whose status is written in its stead. */
  mirrorOf: (pod: Pod) => Pod | undefined;
  /** The pod as the API last had it, by the kubelet's UID. */
  podOf: (uid: string) => Pod | undefined;
  couldHaveRunningContainers: (uid: string) => boolean;
  onError: (error: SandglassError) => void;
}

interface Versioned {
  pod: Pod;
  status: PodStatus;
  version: number;
  /** The pod has ended on the node, so it may go from the API. */
  finished: boolean;
}

/** How often failed writes are tried again, and what others wrote is set right (status_manager.go, syncPeriod). */
const syncPeriod = 10_000;

/** Keeps the API's pod statuses as the kubelet sees them (pkg/kubelet/status/status_manager.go). */
export class StatusManager {
  readonly #options: StatusManagerOptions;
  readonly #statuses = new Map<string, Versioned>();
  /** What has been written, by the pod's UID. */
  readonly #written = new Map<string, number>();
  readonly #toSync = new Set<string>();
  #wake: (() => void) | undefined;

  constructor(options: StatusManagerOptions) {
    this.#options = options;
  }

  /** Writes what changes until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const stopBatches = this.#batchRegularly();
    signal.addEventListener('abort', stopBatches, { once: true });
    while (!signal.aborted) {
      const uids = [...this.#toSync];
      this.#toSync.clear();
      // One after another: writes of one pod must keep their order.
      for (const uid of uids) await this.#sync(uid, signal);
      if (this.#toSync.size === 0) await this.#wait(signal);
    }
  }

  get(uid: string): PodStatus | undefined {
    return this.#statuses.get(uid)?.status;
  }

  setPodStatus(pod: Pod, status: PodStatus): void {
    this.#update(pod, status, isDeleted(pod));
  }

  /** What a probe found out, without waiting for the pod's next sync. */
  setContainerReadiness(pod: Pod, containerId: string, ready: boolean): void {
    this.#change(pod, containerId, (status) => {
      status.ready = ready;
    });
  }

  setContainerStartup(pod: Pod, containerId: string, started: boolean): void {
    this.#change(pod, containerId, (status) => {
      status.started = started;
    });
  }

  /** The pod has ended: containers that no one can say more of are told as terminated (TerminatePod). */
  terminatePod(pod: Pod): void {
    const cached = this.#statuses.get(uidOf(pod))?.status ?? pod.status ?? {};
    const status = structuredClone(cached);
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    for (const container of all) {
      if (container.state?.terminated) continue;
      const before = container.state?.running;
      if (before || container.state?.waiting) {
        container.state = {
          terminated: {
            reason: 'ContainerStatusUnknown',
            message: 'The container could not be located when the pod was terminated',
            exitCode: 137,
          },
        };
      }
      container.ready = false;
      container.started = false;
    }
    if (!isTerminalPhase(status)) status.phase = 'Failed';
    status.conditions = withReadiness(pod, all, status);
    this.#update(pod, status, true, true);
  }

  /** Forgets pods that are no more. */
  removeOrphanedStatuses(known: ReadonlySet<string>): void {
    for (const uid of [...this.#statuses.keys()]) {
      if (known.has(uid)) continue;
      this.#statuses.delete(uid);
      this.#written.delete(uid);
    }
  }

  /** Queues what was not written, what others changed, and pods that may go from the API (syncBatch). */
  syncBatch(): void {
    for (const [uid, { pod, status, version, finished }] of this.#statuses) {
      const current = this.#options.podOf(uid);
      const mayGo = current && this.#mayBeDeleted(current, finished);
      const target = current && isStaticPod(pod) ? this.#options.mirrorOf(pod) : current;
      const differs = target && statusPatch(target, this.#merge(uid, target, status)) !== undefined;
      if (this.#written.get(uid) === version && !mayGo && !differs) continue;
      this.#written.delete(uid);
      this.#queue(uid);
    }
  }

  #batchRegularly(): () => void {
    let cancel = () => undefined as unknown;
    const again = () => {
      this.syncBatch();
      cancel = this.#options.clock.schedule(syncPeriod, again);
    };
    cancel = this.#options.clock.schedule(syncPeriod, again);
    return () => cancel();
  }

  #change(pod: Pod, containerId: string, change: (status: ContainerStatus) => void): void {
    const cached = this.#statuses.get(uidOf(pod));
    if (!cached) return;
    const status = structuredClone(cached.status);
    const regular = status.containerStatuses ?? [];
    const all = [...(status.initContainerStatuses ?? []), ...regular];
    const container = all.find(({ containerID }) => containerID?.endsWith(`://${containerId}`));
    if (!container) return;
    change(container);
    status.conditions = withReadiness(pod, all, status);
    this.#update(pod, status, false);
  }

  #update(pod: Pod, status: PodStatus, force: boolean, finished = false): void {
    const uid = uidOf(pod);
    const cached = this.#statuses.get(uid);
    const before = cached?.status ?? pod.status ?? {};
    if (undoesAnEnd(before, status, pod)) return;
    const next = {
      ...withShortMessages(pod, status),
      conditions: withTransitionTimes(
        status.conditions ?? [],
        before.conditions ?? [],
        timeNow(this.#options.clock),
      ),
    };
    if (before.startTime !== undefined) next.startTime = before.startTime;
    const same = cached !== undefined && canonicalText(cached.status) === canonicalText(next);
    if (same && !force) return;
    this.#statuses.set(uid, {
      pod,
      status: next,
      version: (cached?.version ?? 0) + 1,
      finished: finished || (cached?.finished ?? false),
    });
    this.#queue(uid);
  }

  async #sync(uid: string, signal: AbortSignal): Promise<void> {
    const versioned = this.#statuses.get(uid);
    if (!versioned || this.#written.get(uid) === versioned.version) return;
    try {
      await this.#write(uid, versioned, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.onError(asSandglassError(error));
    }
  }

  async #write(
    uid: string,
    { pod, status, version, finished }: Versioned,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, mirrorOf } = this.#options;
    const target = isStaticPod(pod) ? mirrorOf(pod) : pod;
    // A static pod whose mirror is not there yet: written when it is.
    if (!target) return;
    let current: Pod;
    try {
      current = await api.get(namespaceOf(target), nameOf(target), signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#forget(uid);
      return;
    }
    if (uidOf(current) !== uidOf(target)) {
      if (!isStaticPod(pod)) this.#forget(uid);
      return;
    }
    const merged = this.#merge(uid, current, status);
    const patch = statusPatch(current, merged);
    if (patch) {
      current = await api.patchStatus(
        namespaceOf(current),
        nameOf(current),
        { metadata: { uid: uidOf(current) }, ...patch },
        signal,
      );
    }
    this.#written.set(uid, version);
    if (this.#mayBeDeleted(current, finished)) {
      await api
        .delete(namespaceOf(current), nameOf(current), uidOf(current), signal)
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      this.#forget(uid);
    }
  }

  /** What is not the kubelet's stays, and no pod ends in the API while it runs (mergePodStatus). */
  #merge(uid: string, current: Pod, status: PodStatus): PodStatus {
    const own = new Set((status.conditions ?? []).map(({ type }) => type));
    const others = (current.status?.conditions ?? []).filter(({ type }) => !own.has(type));
    const merged = { ...status, conditions: [...(status.conditions ?? []), ...others] };
    const ends = isTerminalPhase(status) && !isTerminalPhase(current.status);
    if (ends && this.#options.couldHaveRunningContainers(uid)) {
      merged.phase = current.status?.phase ?? 'Pending';
      const { reason, message } = current.status ?? {};
      delete merged.reason;
      delete merged.message;
      if (reason !== undefined) merged.reason = reason;
      if (message !== undefined) merged.message = message;
    }
    return merged;
  }

  #mayBeDeleted(current: Pod, finished: boolean): boolean {
    return finished && isDeleted(current) && !isMirrorPod(current);
  }

  #forget(uid: string): void {
    this.#statuses.delete(uid);
    this.#written.delete(uid);
  }

  #queue(uid: string): void {
    this.#toSync.add(uid);
    this.#wake?.();
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

import type { Clock } from '#base/clock.ts';
import { timeOf } from '#kube/time.ts';
import type { Node, Pod } from '#kube/types.ts';
import type { PodUpdate } from './config/pod-config.ts';
import { isDeadlineExceeded } from './active-deadline.ts';
import { qosClassOf } from './cm/qos.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { type Rejection, admitPod } from './lifecycle/admission.ts';
import { isMirrorPod, isTerminalPhase, uidOf } from './pod-facts.ts';
import type { PodManager } from './pod-manager.ts';
import type { SyncPodType } from './pod-sync-status.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { StatusManager } from './status/status-manager.ts';
import type { WorkQueue } from './work-queue.ts';

export interface PodHandlersOptions {
  pods: PodManager;
  workers: PodWorkers;
  workQueue: WorkQueue;
  statuses: StatusManager;
  recorder: EventRecorder;
  clock: Clock;
  node: () => Node;
  /** Refuses what only a manager of resources can know, such as too few whole CPUs. */
  admitResources: (pod: Pod) => Rejection | undefined;
  onRemoved: (pod: Pod) => void;
}

/** What SyncLoop does with pods: hands them on to their workers (pkg/kubelet/kubelet.go, HandlePod…). */
export class PodHandlers {
  readonly #options: PodHandlersOptions;

  constructor(options: PodHandlersOptions) {
    this.#options = options;
  }

  handle({ op, pods }: PodUpdate): void {
    switch (op) {
      case 'ADD':
        this.additions(pods);
        break;
      // A deletion is an update until the pod is gone (kubelet.go, syncLoopIteration).
      case 'UPDATE':
      case 'DELETE':
        this.updates(pods);
        break;
      case 'REMOVE':
        this.removes(pods);
        break;
      case 'RECONCILE':
        this.reconcile(pods);
        break;
    }
  }

  additions(added: readonly Pod[]): void {
    const { pods, workers, node } = this.#options;
    const byAge = [...added].sort(
      (a, b) => timeOf(a.metadata?.creationTimestamp) - timeOf(b.metadata?.creationTimestamp),
    );
    for (const pod of byAge) {
      const existing = pods.pods();
      pods.update(pod);
      if (isMirrorPod(pod)) {
        this.#dispatchMirror(pod);
        continue;
      }
      if (!workers.isTerminationRequested(uidOf(pod)) && !isTerminalPhase(pod.status)) {
        const active = existing.filter(
          (other) => uidOf(other) !== uidOf(pod) && this.#isActive(other),
        );
        const rejection = admitPod(pod, active, node()) ?? this.#options.admitResources(pod);
        if (rejection) {
          this.#reject(pod, rejection);
          continue;
        }
      }
      this.#dispatch(pod, 'create');
    }
  }

  updates(updated: readonly Pod[]): void {
    for (const pod of updated) {
      this.#options.pods.update(pod);
      if (isMirrorPod(pod)) this.#dispatchMirror(pod);
      else this.#dispatch(pod, 'update');
    }
  }

  removes(removed: readonly Pod[]): void {
    for (const pod of removed) {
      this.#options.pods.remove(pod);
      if (isMirrorPod(pod)) {
        this.#dispatchMirror(pod);
        continue;
      }
      // The worker ends the pod; housekeeping catches what was missed.
      this.#dispatch(pod, 'kill');
      this.#options.onRemoved(pod);
    }
  }

  /** The API's view changed, not what the kubelet acts on. */
  reconcile(changed: readonly Pod[]): void {
    for (const pod of changed) {
      this.#options.pods.update(pod);
      if (isMirrorPod(pod)) this.#dispatchMirror(pod);
      else if (needsReadinessReconcile(pod)) this.#dispatch(pod, 'sync');
    }
  }

  /** Has the pods synced that asked for it by now, and those that have run too long. */
  syncs(): readonly Pod[] {
    const { pods, workQueue, clock, statuses } = this.#options;
    const due = new Set(workQueue.takeDue());
    const toSync = pods
      .pods()
      .filter(
        (pod) =>
          due.has(uidOf(pod)) ||
          (isDeadlineExceeded(pod, statuses.get(uidOf(pod)), clock) && this.#isActive(pod)),
      );
    for (const pod of toSync) this.#dispatch(pod, 'sync');
    return toSync;
  }

  sync(uid: string): void {
    const pod = this.#options.pods.get(uid);
    if (pod) this.#dispatch(pod, 'sync');
  }

  dispatchCreate(pod: Pod): void {
    this.#dispatch(pod, 'create');
  }

  #dispatch(pod: Pod, type: SyncPodType): void {
    const { workers, pods, clock } = this.#options;
    const mirrorPod = pods.mirrorOf(pod);
    workers.updatePod({ type, pod, startTime: clock.now(), ...(mirrorPod && { mirrorPod }) });
  }

  #dispatchMirror(mirror: Pod): void {
    const pod = this.#options.pods.podOfMirror(mirror);
    if (pod) this.#dispatch(pod, 'update');
  }

  /** Whether it takes of the node's resources (filterOutInactivePods). */
  #isActive(pod: Pod): boolean {
    const { workers, statuses } = this.#options;
    if (workers.isKnownTerminated(uidOf(pod))) return false;
    const ended = isTerminalPhase(pod.status) || isTerminalPhase(statuses.get(uidOf(pod)));
    return !ended || workers.isTerminationRequested(uidOf(pod));
  }

  /** rejectPod: the pod has failed before it began. */
  #reject(pod: Pod, { reason, message }: Rejection): void {
    this.#options.recorder.pod(pod, 'Warning', reason, message);
    this.#options.statuses.setPodStatus(pod, {
      qosClass: qosClassOf(pod),
      phase: 'Failed',
      reason,
      message: `Pod was rejected: ${message}`,
    });
  }
}

/** A readiness gate was set by someone: Ready follows it (status.NeedToReconcilePodReadiness). */
function needsReadinessReconcile(pod: Pod): boolean {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return false;
  const conditions = pod.status?.conditions ?? [];
  const met = gates.every(({ conditionType }) =>
    conditions.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  const ready = conditions.find(({ type }) => type === 'Ready')?.status === 'True';
  return met !== ready;
}

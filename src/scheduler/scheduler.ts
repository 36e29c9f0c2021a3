import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import { asSandglassError } from '#base/errors.ts';
import { Informer } from '#kube/client/informer.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isConflict, isNotFound } from '#kube/status.ts';
import { timeNow } from '#kube/time.ts';
import type { Node, Pod } from '#kube/types.ts';
import { EventRecorder } from './event-recorder.ts';
import { NodeInfo, isTerminal } from './node-info.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { selectNode } from './select-node.ts';

export interface SchedulerOptions {
  api: KubeClient;
  /** The cluster's. */
  clock: Clock;
  trace: TraceBus;
  /** Told of what failed and is tried again. */
  onError: (error: unknown) => void;
}

const schedulerName = 'default-scheduler';

/** Puts pods on nodes (upstream: pkg/scheduler/schedule_one.go), one at a time. */
export class Scheduler {
  readonly #api: KubeClient;
  readonly #clock: Clock;
  readonly #trace: TraceBus;
  readonly #onError: (error: unknown) => void;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #queue: SchedulingQueue;
  readonly #events: EventRecorder;
  /** Pods that were bound and that the watch has not shown on their nodes yet, by uid. */
  readonly #assumed = new Map<string, Pod>();

  constructor({ api, clock, trace, onError }: SchedulerOptions) {
    this.#api = api;
    this.#clock = clock;
    this.#trace = trace;
    this.#onError = onError;
    this.#pods = new Informer({ api, clock, resource: resources.pods, onError });
    this.#nodes = new Informer({ api, clock, resource: resources.nodes, onError });
    this.#queue = new SchedulingQueue(clock);
    this.#events = new EventRecorder(api, clock);
    this.#pods.listen({
      onAdd: (pod) => this.#onPod(pod, undefined),
      onUpdate: (pod, previous) => this.#onPod(pod, previous),
      onDelete: (pod) => this.#onPodDeleted(pod),
    });
    this.#nodes.listen({
      onAdd: () => this.#queue.retryAll(),
      onUpdate: (node, previous) => {
        if (mayFitMore(node, previous)) this.#queue.retryAll();
      },
    });
  }

  /** Schedules until the signal fires, which is no error. */
  async run(signal: AbortSignal): Promise<void> {
    const informers = Promise.all([this.#pods.run(signal), this.#nodes.run(signal)]);
    try {
      await Promise.all([this.#pods.waitForSync(signal), this.#nodes.waitForSync(signal)]);
      for (;;) await this.#scheduleOne(await this.#queue.next(signal), signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
    await informers;
  }

  #onPod(pod: Pod, previous: Pod | undefined): void {
    if (!isUnbound(pod)) {
      this.#assumed.delete(uidOf(pod));
      this.#queue.remove(pod);
      const hasEnded = isTerminal(pod) && previous !== undefined && !isTerminal(previous);
      if (hasEnded) this.#queue.retryAll();
      return;
    }
    if (!isOurs(pod)) {
      this.#queue.remove(pod);
    } else if (!previous || wasRespecified(pod, previous)) {
      this.#queue.add(pod);
    } else {
      this.#queue.refresh(pod);
    }
  }

  #onPodDeleted(pod: Pod): void {
    this.#assumed.delete(uidOf(pod));
    this.#queue.remove(pod);
    if (!isUnbound(pod)) this.#queue.retryAll();
  }

  async #scheduleOne(pod: Pod, signal: AbortSignal): Promise<void> {
    const begun = this.#clock.now();
    try {
      if ((pod.spec?.schedulingGates ?? []).length > 0) {
        await this.#setCondition(pod, 'SchedulingGated', gatedText, signal);
        this.#queue.fail(pod);
        return;
      }
      const { node, reason } = selectNode(pod, this.#nodeInfos());
      if (node === undefined) await this.#refuse(pod, reason, begun, signal);
      else await this.#bind(pod, node, begun, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      this.#queue.fail(pod);
      // The pod went, or somebody else was faster: the watch tells what holds now.
      if (!isNotFound(thrown) && !isConflict(thrown)) this.#onError(asSandglassError(thrown));
    }
  }

  async #bind(pod: Pod, node: string, begun: number, signal: AbortSignal): Promise<void> {
    const { name = '', namespace } = pod.metadata ?? {};
    const bound = { ...pod, spec: { containers: [], ...pod.spec, nodeName: node } };
    this.#assumed.set(uidOf(pod), bound);
    try {
      await this.#api.bind({ name, namespace }, node, { signal });
    } catch (thrown) {
      this.#assumed.delete(uidOf(pod));
      throw thrown;
    }
    this.#queue.remove(pod);
    this.#tell(pod, begun, { node });
    const note = `Successfully assigned ${namespace ?? ''}/${name} to ${node}`;
    await this.#events.tell(pod, 'Normal', 'Scheduled', 'Binding', note, signal);
  }

  async #refuse(pod: Pod, reason: string, begun: number, signal: AbortSignal): Promise<void> {
    this.#tell(pod, begun, { reason });
    await this.#events.tell(pod, 'Warning', 'FailedScheduling', 'Scheduling', reason, signal);
    await this.#setCondition(pod, 'Unschedulable', reason, signal);
    this.#queue.fail(pod);
  }

  #tell(pod: Pod, begun: number, outcome: { node: string } | { reason: string }): void {
    const milliseconds = this.#clock.now() - begun;
    this.#trace.emit({ kind: 'schedule', ...outcome, milliseconds, pod: refOf(pod) });
  }

  async #setCondition(
    pod: Pod,
    reason: string,
    message: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { name = '', namespace, uid, generation } = pod.metadata ?? {};
    const current = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (current?.status === 'False' && current.reason === reason && current.message === message) {
      return;
    }
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime:
        current?.status === 'False' ? current.lastTransitionTime : timeNow(this.#clock),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    // The uid keeps a pod of the same name that came since from being meant.
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await this.#api.patch(resources.pods, { name, namespace }, patch, {
      subresource: 'status',
      signal,
    });
  }

  #nodeInfos(): NodeInfo[] {
    const byNode = new Map<string, Pod[]>();
    const seen = new Set<string>();
    for (const pod of [...this.#assumed.values(), ...this.#pods.store.list()]) {
      const nodeName = pod.spec?.nodeName ?? '';
      if (nodeName === '' || isTerminal(pod) || seen.has(uidOf(pod))) continue;
      seen.add(uidOf(pod));
      byNode.set(nodeName, [...(byNode.get(nodeName) ?? []), pod]);
    }
    return this.#nodes.store
      .list()
      .map((node) => new NodeInfo(node, byNode.get(node.metadata?.name ?? '') ?? []));
  }
}

const gatedText = 'Scheduling is blocked due to non-empty scheduling gates';

function isUnbound({ spec }: Pod): boolean {
  return (spec?.nodeName ?? '') === '';
}

function isOurs(pod: Pod): boolean {
  const name = pod.spec?.schedulerName ?? schedulerName;
  return name === schedulerName && !isTerminal(pod) && !pod.metadata?.deletionTimestamp;
}

function wasRespecified(pod: Pod, previous: Pod): boolean {
  return JSON.stringify(pod.spec) !== JSON.stringify(previous.spec);
}

/** Heartbeats change a node every few seconds and make no room. */
function mayFitMore(node: Node, previous: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node) =>
    JSON.stringify([
      metadata?.labels ?? {},
      spec?.unschedulable ?? false,
      spec?.taints ?? [],
      status?.allocatable ?? {},
    ]);
  return relevant(node) !== relevant(previous);
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}

function refOf({ metadata }: Pod) {
  const { namespace = '', name = '', uid = '' } = metadata ?? {};
  return { namespace, name, uid };
}

import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { Informer } from '#kube/client/informer.ts';
import { storeKey } from '#kube/client/store.ts';
import { EventRecorder, apiEvents } from '#kube/events/recorder.ts';
import { resources } from '#kube/resources.ts';
import { taintsOf, tolerationSeconds } from '#kube/scheduling/taints.ts';
import { isNotFound } from '#kube/status.ts';
import { timeNow } from '#kube/time.ts';
import type { Node, Pod } from '#kube/types.ts';

export interface TaintEvictionOptions {
  api: KubeClient;
  /** The cluster's. */
  clock: Clock;
  /** Told of what failed and is tried again. */
  onError: (error: unknown) => void;
}

const component = 'taint-eviction-controller';
const retries = 5;
const retryDelay = 10;

/** Of a pod that is to be deleted at a time, or that has been. */
interface Eviction {
  /** Undefined from the deletion on. */
  cancel: (() => void) | undefined;
}

/**
 * Deletes the pods of nodes whose NoExecute taints they do not tolerate, or no longer
 * (pkg/controller/tainteviction/taint_eviction.go, timed_workers.go).
 */
export class TaintEviction {
  readonly #options: TaintEvictionOptions;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #events: EventRecorder;
  /** By namespace and name. */
  readonly #evictions = new Map<string, Eviction>();
  readonly #deletions = new Set<Promise<void>>();
  #signal = new AbortController().signal;

  constructor(options: TaintEvictionOptions) {
    const { api, clock, onError } = options;
    this.#options = options;
    this.#pods = new Informer({ api, clock, resource: resources.pods, onError });
    this.#nodes = new Informer({ api, clock, resource: resources.nodes, onError });
    this.#events = new EventRecorder({ sink: apiEvents(api), clock, component, onError });
  }

  /** Until the signal fires, which is no error. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const informers = Promise.all([this.#pods.run(signal), this.#nodes.run(signal)]);
    try {
      await Promise.all([this.#pods.waitForSync(signal), this.#nodes.waitForSync(signal)]);
      this.#pods.listen({
        onAdd: (pod) => this.#judge(pod),
        onUpdate: (pod, previous) => {
          if (mayBeJudgedAnew(pod, previous)) this.#judge(pod);
        },
        onDelete: (pod) => this.#cancel(pod),
      });
      this.#nodes.listen({
        onAdd: (node, initial) => {
          if (!initial) this.#judgeAll(node);
        },
        onUpdate: (node, previous) => {
          if (taintText(node) !== taintText(previous)) this.#judgeAll(node);
        },
      });
      await informers;
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      for (const { cancel } of this.#evictions.values()) cancel?.();
      await Promise.all(this.#deletions);
      await this.#events.flush();
    }
  }

  #judgeAll({ metadata }: Node): void {
    for (const pod of this.#pods.store.list()) {
      if (pod.spec?.nodeName === metadata?.name) this.#judge(pod);
    }
  }

  /** processPodOnNode */
  #judge(pod: Pod): void {
    const node = this.#nodes.store.get(undefined, pod.spec?.nodeName ?? '');
    if (!node) return;
    const taints = taintsOf(node, 'NoExecute');
    const seconds = tolerationSeconds(taints, pod.spec?.tolerations ?? []);
    if (seconds === Infinity) {
      this.#cancel(pod);
      return;
    }
    // The time of one that is tolerated for a while runs from when the first taint came.
    if (seconds > 0 && this.#evictions.has(storeKey(pod))) return;
    this.#cancel(pod);
    this.#evict(pod, seconds * 1000);
  }

  #evict(pod: Pod, delay: number): void {
    const { clock } = this.#options;
    const eviction: Eviction = { cancel: undefined };
    this.#evictions.set(storeKey(pod), eviction);
    const fire = () => {
      eviction.cancel = undefined;
      const done = this.#delete(pod, eviction).finally(() => this.#deletions.delete(done));
      this.#deletions.add(done);
    };
    if (delay === 0) fire();
    else eviction.cancel = clock.schedule(delay, fire);
  }

  /** cancelWorkWithEvent: only of what was still to come is anything told. */
  #cancel(pod: Pod): void {
    const key = storeKey(pod);
    const eviction = this.#evictions.get(key);
    this.#evictions.delete(key);
    if (!eviction?.cancel) return;
    eviction.cancel();
    this.#tell(pod, `Cancelling deletion of Pod ${key}`);
  }

  async #delete(pod: Pod, eviction: Eviction): Promise<void> {
    const { clock, onError } = this.#options;
    const key = storeKey(pod);
    this.#tell(pod, `Marking for deletion Pod ${key}`);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#addConditionAndDelete(pod);
        return;
      } catch (thrown) {
        if (this.#signal.aborted || isNotFound(thrown)) return;
        if (attempt < retries) {
          await sleep(clock, retryDelay, this.#signal).catch(() => undefined);
          continue;
        }
        // Whatever changes next has it judged again.
        if (this.#evictions.get(key) === eviction) this.#evictions.delete(key);
        const { code, message } = asSandglassError(thrown);
        onError(new SandglassError(code, `Pod ${key} cannot be evicted: ${message}`));
        return;
      }
    }
  }

  async #addConditionAndDelete({ metadata }: Pod): Promise<void> {
    const { api, clock } = this.#options;
    const { name = '', namespace, uid, generation } = metadata ?? {};
    const signal = this.#signal;
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastProbeTime: null,
      lastTransitionTime: timeNow(clock),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
    // The uid keeps a pod of the same name that came since from being meant.
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    const key = { name, namespace };
    await api.patch(resources.pods, key, patch, { subresource: 'status', signal });
    await api.delete(resources.pods, key, {
      ...(uid !== undefined && { preconditions: { uid } }),
      signal,
    });
  }

  #tell({ metadata }: Pod, message: string): void {
    const { name = '', namespace = '' } = metadata ?? {};
    const about = { apiVersion: 'v1', kind: 'Pod', name, namespace };
    this.#events.record(about, 'Normal', 'TaintManagerEviction', message);
  }
}

function mayBeJudgedAnew(pod: Pod, previous: Pod): boolean {
  const relevant = ({ spec }: Pod) => JSON.stringify([spec?.nodeName, spec?.tolerations]);
  return relevant(pod) !== relevant(previous);
}

function taintText(node: Node): string {
  return JSON.stringify(taintsOf(node, 'NoExecute'));
}

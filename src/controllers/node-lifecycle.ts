import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { Informer } from '#kube/client/informer.ts';
import { EventRecorder, apiEvents } from '#kube/events/recorder.ts';
import { resources } from '#kube/resources.ts';
import { isConflict, isNotFound } from '#kube/status.ts';
import { timeNow } from '#kube/time.ts';
import type { Node, Taint } from '#kube/types.ts';
import { wantedTaints, withTaints } from './condition-taints.ts';

export interface NodeLifecycleOptions {
  api: KubeClient;
  /** The cluster's. */
  clock: Clock;
  /** Told of what failed and is tried again. */
  onError: (error: unknown) => void;
}

/** pkg/controller/util/node/controller_utils.go, component of the events */
const component = 'node-controller';
/** client-go/util/retry, DefaultRetry; then a second of rest. */
const attempts = 5;
const attemptDelay = 10;
const rest = 1_000;

/**
 * Keeps the taints of nodes to their conditions, so that the scheduler sends no pod to a node that is not ready
 * (pkg/controller/nodelifecycle/node_lifecycle_controller.go, doNoScheduleTaintingPass).
 *
 * Upstream's also adds NoExecute taints, of which pods are evicted after a while, but none as long as not one node of the
 * cluster is ready (handleDisruption): with one node that is never.
 */
export class NodeLifecycle {
  readonly #options: NodeLifecycleOptions;
  readonly #nodes: Informer<Node>;
  readonly #events: EventRecorder;
  /** Nodes that are looked at now; true for those that have changed meanwhile. */
  readonly #looking = new Map<string, boolean>();
  readonly #passes = new Set<Promise<void>>();
  #signal = new AbortController().signal;

  constructor(options: NodeLifecycleOptions) {
    const { api, clock, onError } = options;
    this.#options = options;
    this.#nodes = new Informer({ api, clock, resource: resources.nodes, onError });
    this.#events = new EventRecorder({ sink: apiEvents(api), clock, component, onError });
  }

  /** Until the signal fires, which is no error. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.#nodes.listen({
      onAdd: (node) => {
        this.#tell(node, 'RegisteredNode', `Registered Node ${nameOf(node)} in Controller`);
        this.#look(node);
      },
      onUpdate: (node) => this.#look(node),
      onDelete: (node) => {
        this.#tell(node, 'RemovingNode', `Removing Node ${nameOf(node)} from Controller`);
      },
    });
    try {
      await this.#nodes.run(signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      await Promise.all(this.#passes);
      await this.#events.flush();
    }
  }

  /** One pass over a node at a time; what changes during one makes another. */
  #look(node: Node): void {
    const name = nameOf(node);
    const isLooking = this.#looking.has(name);
    this.#looking.set(name, isLooking);
    if (isLooking) return;
    const pass = this.#lookUntilSettled(name).finally(() => this.#passes.delete(pass));
    this.#passes.add(pass);
  }

  async #lookUntilSettled(name: string): Promise<void> {
    const { clock, onError } = this.#options;
    do {
      this.#looking.set(name, false);
      try {
        await this.#taint(name);
      } catch (thrown) {
        if (this.#signal.aborted) return;
        const { code, message } = asSandglassError(thrown);
        onError(new SandglassError(code, `Node ${name} cannot be tainted: ${message}`));
        this.#looking.set(name, true);
        await sleep(clock, rest, this.#signal).catch(() => undefined);
      }
    } while (this.#looking.get(name) && !this.#signal.aborted);
    // At once: a change that comes between the last question and this would be one that nobody looks at.
    this.#looking.delete(name);
  }

  /** Of somebody else's write in between the node is read anew. */
  async #taint(name: string): Promise<void> {
    const { api, clock } = this.#options;
    const signal = this.#signal;
    let node = this.#nodes.store.get(undefined, name);
    for (let attempt = 1; node; attempt++) {
      const taints = changedTaints(node, timeNow(clock));
      if (taints === undefined) return;
      const { resourceVersion } = node.metadata ?? {};
      const patch = { metadata: { resourceVersion }, spec: { taints } };
      try {
        await api.patch(resources.nodes, { name }, patch, { type: 'merge', signal });
        return;
      } catch (thrown) {
        if (isNotFound(thrown)) return;
        if (!isConflict(thrown) || attempt === attempts) throw thrown;
      }
      await sleep(clock, attemptDelay, signal);
      node = await api.get(resources.nodes, { name }, { signal });
    }
  }

  /** RecordNodeEvent */
  #tell({ metadata }: Node, reason: string, event: string): void {
    const { name = '', uid = '' } = metadata ?? {};
    const about = { apiVersion: 'v1', kind: 'Node', name, uid, namespace: '' };
    this.#events.record(about, 'Normal', reason, `Node ${name} event: ${event}`);
  }
}

/** The node's taints as they should be; null for none, undefined if they are so. */
function changedTaints(node: Node, now: string): Taint[] | null | undefined {
  const taints = withTaints(node.spec?.taints ?? [], wantedTaints(node), now);
  if (!taints) return undefined;
  return taints.length > 0 ? taints : null;
}

function nameOf({ metadata }: Node): string {
  return metadata?.name ?? '';
}

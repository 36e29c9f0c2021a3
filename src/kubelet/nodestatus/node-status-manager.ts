import { type Clock, sleep } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import type { Image } from '#kube/cri/api_pb.ts';
import { resources } from '#kube/resources.ts';
import { isAlreadyExists } from '#kube/status.ts';
import { timeNow } from '#kube/time.ts';
import type { Node, NodeCondition, NodeStatus } from '#kube/types.ts';
import { canonicalText } from '#kubelet/canonical.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import type { Cri, NodeFacts } from '#kubelet/ports.ts';
import { Pause, isOver, repeat } from '#kubelet/repeat.ts';
import type { RuntimeState } from '#kubelet/runtime-state.ts';
import {
  describeHandlers,
  describeImages,
  describeNode,
  initialNode,
  nodeConditions,
  nodeLabels,
} from './setters.ts';

export interface NodeStatusOptions {
  api: KubeClient;
  image: Cri['image'];
  nodeName: string;
  configuration: KubeletConfiguration;
  facts: () => NodeFacts;
  runtime: RuntimeState;
  recorder: EventRecorder;
  clock: Clock;
  onError: (error: unknown) => void;
}

/** pkg/kubelet/kubelet_node_status.go, fastStatusUpdateOnce and nodeReadyGracePeriod */
const readyPeriod = 100;
/** Milliseconds between two questions to a runtime that is not ready: upstream asks with each look. */
const askPeriod = 1_000;
const readyGracePeriod = 120_000;

const registerRetry = { first: 100, longest: 7_000 };

/** Registers the node and tells the API how it is (pkg/kubelet/kubelet_node_status.go). */
export class NodeStatusManager {
  readonly #options: NodeStatusOptions;
  #node: Node;
  #lastReport: number | undefined;
  #images: readonly Image[] = [];
  readonly #pause = new Pause();

  constructor(options: NodeStatusOptions) {
    this.#options = options;
    this.#node = { metadata: { name: options.nodeName } };
  }

  /** As it was last told to or by the API. */
  get node(): Node {
    return this.#node;
  }

  /** Makes the node in the API, or takes up the one that is there. */
  async register(signal: AbortSignal): Promise<void> {
    const { nodeName, facts, configuration, recorder, clock, onError } = this.#options;
    for (let delay = registerRetry.first; ; delay = Math.min(delay * 2, registerRetry.longest)) {
      try {
        const node = {
          ...initialNode(nodeName, facts(), configuration),
          status: await this.#status({}, signal),
        };
        this.#node = await this.#createOrTakeUp(node, signal);
        break;
      } catch (error) {
        if (signal.aborted) throw error;
        onError(error);
        await sleep(clock, delay, signal);
      }
    }
    recorder.node(nodeName, 'Normal', reasons.starting, 'Starting kubelet.');
    for (const reason of [
      reasons.nodeHasSufficientMemory,
      reasons.nodeHasNoDiskPressure,
      reasons.nodeHasSufficientPid,
    ]) {
      recorder.node(nodeName, 'Normal', reason, `Node ${nodeName} status is now: ${reason}`);
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, configuration, onError } = this.#options;
    const period = configuration.nodeStatusUpdateFrequency;
    await Promise.all([
      repeat({ clock, period, signal, onError, pause: this.#pause }, () => this.update(signal)),
      this.#tellOnceReady(signal),
    ]);
  }

  /** Looks often at the start, so that a node which becomes ready is told of at once (fastStatusUpdateOnce). */
  async #tellOnceReady(signal: AbortSignal): Promise<void> {
    const { clock, runtime } = this.#options;
    const end = clock.now() + readyGracePeriod;
    const pause = new Pause();
    let askNext = clock.now();
    while (!isOver(signal) && clock.now() < end && readyOf(this.#node.status ?? {}) !== 'True') {
      if (runtime.notReadyBecause() === undefined) {
        this.#pause.cutShort();
      } else if (clock.now() >= askNext) {
        askNext = clock.now() + askPeriod;
        await runtime.update(signal);
      }
      await pause.wait(clock, readyPeriod, signal);
    }
  }

  /** Writes what changed; what did not is repeated every five minutes. */
  async update(signal: AbortSignal): Promise<void> {
    const { api, nodeName, recorder, clock, configuration } = this.#options;
    const current = await api.get(resources.nodes, { name: nodeName }, { signal });
    const before = current.status ?? {};
    const status = await this.#status(before, signal);
    this.#tellChanges(before, status);
    this.#node = { ...current, status };
    const due =
      this.#lastReport === undefined ||
      clock.now() - this.#lastReport >= configuration.nodeStatusReportFrequency;
    if (!due && sameStatus(before, status)) return;
    const bootId = before.nodeInfo?.bootID;
    if (bootId !== undefined && bootId !== '' && bootId !== status.nodeInfo?.bootID) {
      const id = status.nodeInfo?.bootID ?? '';
      recorder.node(
        nodeName,
        'Warning',
        reasons.rebooted,
        `Node ${nodeName} has been rebooted, boot id: ${id}`,
      );
    }
    this.#node = await api.patch(
      resources.nodes,
      { name: nodeName },
      { status },
      { type: 'strategic', subresource: 'status', signal },
    );
    this.#lastReport = clock.now();
  }

  async #createOrTakeUp(node: Node, signal: AbortSignal): Promise<Node> {
    const { api, nodeName, facts, configuration } = this.#options;
    try {
      return await api.create(resources.nodes, node, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const labels = nodeLabels(facts(), configuration);
    return await api.patch(
      resources.nodes,
      { name: nodeName },
      { metadata: { labels } },
      { type: 'merge', signal },
    );
  }

  async #status(before: NodeStatus, signal: AbortSignal): Promise<NodeStatus> {
    const { facts, configuration, runtime, clock } = this.#options;
    const images = await this.#listImages(signal);
    const now = timeNow(clock);
    return {
      ...describeNode(facts(), configuration, runtime.runtimeVersion),
      conditions: nodeConditions(before.conditions ?? [], runtime.notReadyBecause(), now),
      images: describeImages(images),
      runtimeHandlers: describeHandlers(runtime.handlers),
    };
  }

  /** The images as last seen: a runtime that does not answer keeps nothing else from being told (setNodeStatus). */
  async #listImages(signal: AbortSignal): Promise<readonly Image[]> {
    const { image, onError } = this.#options;
    try {
      ({ images: this.#images } = await image.listImages({}, { signal }));
    } catch (error) {
      if (isOver(signal)) throw error;
      onError(error);
    }
    return this.#images;
  }

  #tellChanges(before: NodeStatus, next: NodeStatus): void {
    const { recorder, nodeName } = this.#options;
    const [was, is] = [readyOf(before), readyOf(next)];
    if (is === undefined || was === is) return;
    const reason = is === 'True' ? reasons.nodeReady : reasons.nodeNotReady;
    recorder.node(nodeName, 'Normal', reason, `Node ${nodeName} status is now: ${reason}`);
  }
}

function readyOf({ conditions = [] }: NodeStatus): string | undefined {
  return conditions.find(({ type }) => type === 'Ready')?.status;
}

/** But for the times of heartbeats (nodeStatusHasChanged). */
function sameStatus(before: NodeStatus, next: NodeStatus): boolean {
  const bare = (status: NodeStatus) => ({
    ...status,
    conditions: (status.conditions ?? []).map((condition: NodeCondition) => ({
      ...condition,
      lastHeartbeatTime: undefined,
    })),
  });
  // The API may hold more than the kubelet tells.
  const [old, current] = [bare(before), bare(next)];
  return Object.entries(current).every(
    ([field, value]) => canonicalText(value) === canonicalText(old[field as keyof NodeStatus]),
  );
}

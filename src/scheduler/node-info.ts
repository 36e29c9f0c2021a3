import { Quantity, parseQuantity } from '#kube/quantity.ts';
import { podRequests } from '#kube/pod-resources.ts';
import type { Container, Node, Pod } from '#kube/types.ts';

export type Amounts = ReadonlyMap<string, Quantity>;

/** A node with the pods that take its room (upstream: pkg/scheduler/framework/types.go, NodeInfo). */
export class NodeInfo {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly allocatable: Amounts;
  /** What the pods on it ask for. */
  readonly requested: Amounts;
  /** The same, with a usual amount for each container that asks for nothing; for scores only. */
  readonly assumed: Amounts;

  constructor(node: Node, pods: readonly Pod[]) {
    this.node = node;
    this.pods = pods;
    this.allocatable = amountsOf(node.status?.allocatable ?? {});
    this.requested = sum(pods.map(requestsOf));
    this.assumed = sum(pods.map(assumedRequestsOf));
  }

  get name(): string {
    return this.node.metadata?.name ?? '';
  }
}

export function requestsOf(pod: Pod): Amounts {
  return amountsOf(podRequests(pod));
}

/** upstream: pkg/scheduler/util/pod_resources.go, DefaultMilliCPURequest and DefaultMemoryRequest */
const usualRequests = { cpu: '100m', memory: '200Mi' };

export function assumedRequestsOf(pod: Pod): Amounts {
  if (!pod.spec) return new Map();
  const assume = (container: Container): Container => ({
    ...container,
    resources: {
      ...container.resources,
      requests: { ...usualRequests, ...container.resources?.requests },
    },
  });
  return requestsOf({ ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(assume) } });
}

function amountsOf(list: Readonly<Record<string, string>>): Amounts {
  return new Map(Object.entries(list).map(([name, text]) => [name, parseQuantity(text)]));
}

function sum(all: readonly Amounts[]): Amounts {
  const total = new Map<string, Quantity>();
  for (const amounts of all) {
    for (const [name, amount] of amounts) {
      total.set(name, (total.get(name) ?? Quantity.zero).add(amount));
    }
  }
  return total;
}

/** A pod that has ended takes no room any more. */
export function isTerminal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

import { Quantity, quantityOf } from '#kube/quantity.ts';
import { hasHostPortConflict } from '#kube/scheduling/host-ports.ts';
import { matchesNode } from '#kube/scheduling/node-affinity.ts';
import { isTolerated, taintsOf } from '#kube/scheduling/taints.ts';
import type { Node, Pod } from '#kube/types.ts';
import { podRequest } from '#kubelet/cm/resources.ts';
import { containersOf, initContainersOf, isStaticPod } from '#kubelet/pod-facts.ts';

export interface Rejection {
  reason: string;
  message: string;
}

/**
 * Whether the node can take the pod, once more after the scheduler, for static pods and for what
 * changed since (pkg/kubelet/lifecycle/predicate.go, Admit). Undefined when it can.
 */
export function admitPod(pod: Pod, others: readonly Pod[], node: Node): Rejection | undefined {
  // What ran before a restart of the kubelet is not its to evict (features.NotEvictPodOnKubeletRestart).
  const wasAdmitted = pod.status?.startTime !== undefined;
  const allocatable = node.status?.allocatable ?? {};
  const maxPods = quantityOf(allocatable, 'pods').value();
  if (others.length + 1 > maxPods) {
    return insufficient('pods', Quantity.of(1), Quantity.of(others.length), Quantity.of(maxPods));
  }
  for (const name of resourceNames(pod, allocatable)) {
    const requested = podRequest(pod, name);
    const used = others.reduce((sum, other) => sum.add(podRequest(other, name)), Quantity.zero);
    const capacity = quantityOf(allocatable, name);
    if (!requested.isZero() && requested.add(used).compare(capacity) > 0) {
      return insufficient(name, requested, used, capacity);
    }
  }
  if (!wasAdmitted && !matchesNode(pod, node)) {
    return refused(
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    );
  }
  if (
    pod.spec?.nodeName !== undefined &&
    pod.spec.nodeName !== '' &&
    pod.spec.nodeName !== node.metadata?.name
  ) {
    return refused(
      'NodeName',
      "Predicate NodeName failed: node(s) didn't match the requested node name",
    );
  }
  if (hasHostPortConflict(pod, others)) {
    return refused(
      'NodePorts',
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    );
  }
  if (wasAdmitted || isStaticPod(pod) || toleratesNode(pod, node)) return undefined;
  return refused(
    'TaintToleration',
    'Predicate TaintToleration failed: node(s) had untolerated taint(s)',
  );
}

function refused(reason: string, message: string): Rejection {
  return { reason, message };
}

/** lifecycle/predicate.go, InsufficientResourceError; numbers are milli CPUs or whole units. */
function insufficient(
  name: string,
  requested: Quantity,
  used: Quantity,
  capacity: Quantity,
): Rejection {
  const number = (quantity: Quantity) =>
    name === 'cpu' ? quantity.milliValue() : quantity.value();
  return {
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${number(requested)}, used: ${number(used)}, capacity: ${number(capacity)}`,
  };
}

function resourceNames(pod: Pod, allocatable: Record<string, string>): string[] {
  const containers = [...containersOf(pod), ...initContainersOf(pod)];
  const requested = containers.flatMap(({ resources }) =>
    Object.keys({ ...resources?.limits, ...resources?.requests }),
  );
  return [...new Set(['cpu', 'memory', 'ephemeral-storage', ...requested])].filter(
    // What the node does not know at all is not its to judge (removeMissingExtendedResources).
    (name) => name in allocatable,
  );
}

/** Only NoExecute keeps a pod from a node that it is bound to. */
function toleratesNode(pod: Pod, node: Node): boolean {
  const tolerations = pod.spec?.tolerations ?? [];
  return taintsOf(node, 'NoExecute').every((taint) => isTolerated(taint, tolerations));
}

import type { Pod } from '#kube/types.ts';
import type { NodeInfo } from './node-info.ts';
import type { Refusal } from './plugins/filter.ts';
import { leastAllocated } from './plugins/node-resources.ts';
import { filters } from './plugins/plugins.ts';

export type Selection =
  | { node: string; reason?: undefined }
  /** Why there is none, in upstream's words. */
  | { node?: undefined; reason: string };

/** Chooses the node with the most room among those that can take the pod. */
export function selectNode(pod: Pod, nodes: readonly NodeInfo[]): Selection {
  if (nodes.length === 0) return { reason: 'no nodes available to schedule pods' };
  const refusals: Refusal[] = [];
  const feasible: NodeInfo[] = [];
  for (const node of nodes) {
    const refusal = refusalOf(pod, node);
    if (refusal) refusals.push(refusal);
    else feasible.push(node);
  }
  let best: { name: string; score: number } | undefined;
  for (const node of feasible) {
    const score = leastAllocated(pod, node);
    if (!best || score > best.score) best = { name: node.name, score };
  }
  return best ? { node: best.name } : { reason: failureText(refusals) };
}

function refusalOf(pod: Pod, node: NodeInfo): Refusal | undefined {
  for (const filter of filters) {
    const refusal = filter(pod, node);
    if (refusal) return refusal;
  }
  return undefined;
}

/**
 * upstream: pkg/scheduler/framework/types.go, FitError, with what its post-filters add: the plugin
 * for resource claims always, and that of preemption, which here never finds a victim since no pod
 * is preempted.
 */
function failureText(refusals: readonly Refusal[]): string {
  const available = `0/${refusals.length} nodes are available`;
  const reasons = histogram(refusals.flatMap((one) => [...one.reasons]));
  const victims = histogram(
    refusals.map(({ resolvable }) =>
      resolvable
        ? 'No preemption victims found for incoming pod'
        : 'Preemption is not helpful for scheduling',
    ),
  );
  return `${available}: ${reasons}. no new claims to deallocate, preemption: ${available}: ${victims}.`;
}

/** `2 Insufficient cpu, 1 Too many pods`, sorted as texts. */
function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

import { Quantity } from '#kube/quantity.ts';
import type { Pod } from '#kube/types.ts';
import { assumedRequestsOf, requestsOf, type NodeInfo } from '#scheduler/node-info.ts';
import type { Filter } from './filter.ts';

/** upstream: plugins/noderesources/fit.go; overhead of the RuntimeClass is part of a pod's requests. */
export const nodeResourcesFit: Filter = (pod, info) => {
  const reasons: string[] = [];
  let resolvable = true;
  const allowed = info.allocatable.get('pods')?.value() ?? 0;
  if (info.pods.length + 1 > allowed) reasons.push('Too many pods');
  for (const [name, request] of requestsOf(pod)) {
    if (request.isZero()) continue;
    const allocatable = info.allocatable.get(name) ?? Quantity.zero;
    const free = allocatable.subtract(info.requested.get(name) ?? Quantity.zero);
    if (request.compare(free) <= 0) continue;
    reasons.push(`Insufficient ${name}`);
    // No pod that leaves makes an empty node larger.
    if (request.compare(allocatable) > 0) resolvable = false;
  }
  return reasons.length === 0 ? undefined : { reasons, resolvable };
};

const scored = ['cpu', 'memory'] as const;

/** From 0 to 100: how much of the node would stay free (upstream: plugins/noderesources/least_allocated.go). */
export function leastAllocated(pod: Pod, info: NodeInfo): number {
  const wanted = assumedRequestsOf(pod);
  const scores = scored.flatMap((name) => {
    const capacity = info.allocatable.get(name)?.milliValue() ?? 0;
    if (capacity === 0) return [];
    const used =
      (info.assumed.get(name)?.milliValue() ?? 0) + (wanted.get(name)?.milliValue() ?? 0);
    return used > capacity ? [0] : [Math.floor(((capacity - used) * 100) / capacity)];
  });
  if (scores.length === 0) return 0;
  return Math.floor(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

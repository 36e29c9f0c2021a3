import type { Pod } from '#kube/types.ts';
import type { NodeInfo } from '#scheduler/node-info.ts';

/** Why a pod cannot go to a node. */
export interface Refusal {
  reasons: readonly string[];
  /** Whether it could if other pods left it. */
  resolvable: boolean;
}

export type Filter = (pod: Pod, node: NodeInfo) => Refusal | undefined;

export function unresolvable(reason: string): Refusal {
  return { reasons: [reason], resolvable: false };
}

import type { Node, Taint } from '#kube/types.ts';

const notReady: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A node that is new is not ready until its conditions say so (upstream: plugin/pkg/admission/nodetaint). */
export function taintNewNode(node: Node): void {
  const taints = node.spec?.taints ?? [];
  if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
  node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
}

import { isTolerated, taintsOf } from '#kube/scheduling/taints.ts';
import type { Taint } from '#kube/types.ts';
import { unresolvable, type Filter } from './filter.ts';

const unschedulableTaint: Taint = {
  key: 'node.kubernetes.io/unschedulable',
  effect: 'NoSchedule',
};

/** upstream: plugins/nodeunschedulable */
export const nodeUnschedulable: Filter = ({ spec }, { node }) => {
  if (!node.spec?.unschedulable) return undefined;
  return isTolerated(unschedulableTaint, spec?.tolerations ?? [])
    ? undefined
    : unresolvable('node(s) were unschedulable');
};

/** upstream: plugins/tainttoleration */
export const taintToleration: Filter = ({ spec }, { node }) =>
  taintsOf(node, 'NoSchedule', 'NoExecute').every((taint) =>
    isTolerated(taint, spec?.tolerations ?? []),
  )
    ? undefined
    : unresolvable('node(s) had untolerated taint(s)');

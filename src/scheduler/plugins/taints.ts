import type { Taint, Toleration } from '#kube/types.ts';
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
export const taintToleration: Filter = ({ spec }, { node }) => {
  const taints = (node.spec?.taints ?? []).filter(
    ({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute',
  );
  return taints.every((taint) => isTolerated(taint, spec?.tolerations ?? []))
    ? undefined
    : unresolvable('node(s) had untolerated taint(s)');
};

export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}

/** kubernetes/api, core/v1/toleration.go, ToleratesTaint */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { effect = '', key = '', operator = 'Equal', value = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return key !== '' && operator === 'Equal' && value === (taint.value ?? '');
}

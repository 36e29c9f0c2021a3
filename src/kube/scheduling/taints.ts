import type { Node, Taint, Toleration } from '#kube/types.ts';

export function taintsOf({ spec }: Node, ...effects: Taint['effect'][]): Taint[] {
  return (spec?.taints ?? []).filter(({ effect }) => effects.includes(effect));
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}

/**
 * For how many seconds all of the taints are tolerated together: 0 if one is not, Infinity if none
 * of the tolerations ends (pkg/controller/tainteviction/taint_eviction.go, getMinTolerationTime).
 */
export function tolerationSeconds(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
): number {
  const used = taints.map((taint) => tolerations.find((one) => tolerates(one, taint)));
  return used.reduce(
    (least, one) => Math.min(least, one ? Math.max(0, one.tolerationSeconds ?? Infinity) : 0),
    Infinity,
  );
}

/** kubernetes/api, core/v1/toleration.go, ToleratesTaint */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { effect = '', key = '', operator = '', value = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '');
}

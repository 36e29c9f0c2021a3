import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '#kube/types.ts';

/** Whether the node is one that the pod asks for (component-helpers, scheduling/corev1/nodeaffinity, GetRequiredNodeAffinity). */
export function matchesNode({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const selector = Object.entries(spec?.nodeSelector ?? {});
  if (!selector.every(([key, value]) => labels[key] === value)) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  // An empty term selects nothing.
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata?.labels ?? {};
  const fields = { 'metadata.name': node.metadata?.name ?? '' };
  return (
    matchExpressions.every((one) => matches(one, labels)) &&
    matchFields.every((one) => matches(one, fields))
  );
}

function matches(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && compare(value, values[0]) > 0;
    case 'Lt':
      return value !== undefined && compare(value, values[0]) < 0;
    default:
      return false;
  }
}

/** What is no integer compares to nothing. */
function compare(value: string, limit: string | undefined): number {
  const isNumber = /^[-+]?\d+$/;
  if (limit === undefined || !isNumber.test(value) || !isNumber.test(limit)) return Number.NaN;
  const difference = BigInt(value) - BigInt(limit);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

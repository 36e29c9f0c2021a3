import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '#kube/types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isDNS1123Label, isDNS1123Subdomain, isLabelValue } from './names.ts';
import { invalidEach, validateLabelName, validateLabelSelector } from './labels.ts';
import { notPositive } from './object-meta.ts';

/** upstream: validateAffinity. */
export function validateAffinity(affinity: Affinity | undefined, path: FieldPath): FieldError[] {
  const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
  const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
  const errors: FieldError[] = [];
  const node = affinity?.nodeAffinity;
  const nodePath = path.child('nodeAffinity');
  if (node?.[hard]) errors.push(...validateNodeSelector(node[hard], nodePath.child(hard)));
  (node?.[soft] ?? []).forEach(({ weight, preference }, index) => {
    const at = nodePath.child(soft).index(index);
    errors.push(...validateWeight(weight, at.child('weight')));
    errors.push(...validateNodeSelectorTerm(preference, at.child('preference'), false));
  });
  for (const field of ['podAffinity', 'podAntiAffinity'] as const) {
    const terms = affinity?.[field];
    (terms?.[hard] ?? []).forEach((term, index) => {
      errors.push(...validatePodAffinityTerm(term, path.child(field, hard).index(index)));
    });
    (terms?.[soft] ?? []).forEach(({ weight, podAffinityTerm }, index) => {
      const at = path.child(field, soft).index(index);
      errors.push(...validateWeight(weight, at.child('weight')));
      errors.push(...validatePodAffinityTerm(podAffinityTerm, at.child('podAffinityTerm')));
    });
  }
  return errors;
}

function validateWeight(weight: number, path: FieldPath): FieldError[] {
  return weight > 0 && weight <= 100 ? [] : [invalid(path, weight, 'must be in the range 1-100')];
}

function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, path: FieldPath): FieldError[] {
  const at = path.child('nodeSelectorTerms');
  const terms: readonly NodeSelectorTerm[] | undefined = nodeSelectorTerms;
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => validateNodeSelectorTerm(term, at.index(index), true));
}

/** Preferences may ask for values that no label can have: they only weigh less. */
function validateNodeSelectorTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  path: FieldPath,
  checksValues: boolean,
): FieldError[] {
  return [
    ...matchExpressions.flatMap((requirement, index) =>
      validateNodeExpression(
        requirement,
        path.child('matchExpressions').index(index),
        checksValues,
      ),
    ),
    ...matchFields.flatMap((requirement, index) =>
      validateNodeField(requirement, path.child('matchFields').index(index)),
    ),
  ];
}

function validateNodeExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: FieldPath,
  checksValues: boolean,
): FieldError[] {
  const valuesPath = path.child('values');
  return [
    ...validateNodeOperator(operator, values.length, path),
    ...validateLabelName(key, path.child('key')),
    ...(checksValues ? values : []).flatMap((value, index) =>
      invalidEach(valuesPath.index(index), value, isLabelValue(value)),
    ),
  ];
}

function validateNodeOperator(operator: string, count: number, path: FieldPath): FieldError[] {
  const values = path.child('values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0
        ? []
        : [required(values, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist': {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return count === 0 ? [] : [forbidden(values, detail)];
    }
    case 'Gt':
    case 'Lt': {
      const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
      return count === 1 ? [] : [required(values, detail)];
    }
    default:
      return [invalid(path.child('operator'), operator, 'not a valid selector operator')];
  }
}

function validateNodeField(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(path.child('values'), detail));
  }
  if (key !== 'metadata.name') {
    return [...errors, invalid(path.child('key'), key, 'not a valid field selector key')];
  }
  return [
    ...errors,
    ...values.flatMap((value, index) =>
      invalidEach(path.child('values').index(index), value, isDNS1123Subdomain(value)),
    ),
  ];
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: FieldPath): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const topologyPath = path.child('topologyKey');
  return [
    ...validateLabelSelector(labelSelector, path.child('labelSelector')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...namespaces.flatMap((name) =>
      invalidEach(path.child('namespace'), name, isDNS1123Label(name)),
    ),
    ...validateLabelKeys(matchLabelKeys, labelSelector, path.child('matchLabelKeys')),
    ...validateLabelKeys(mismatchLabelKeys, labelSelector, path.child('mismatchLabelKeys')),
    ...matchLabelKeys.flatMap((key, index) =>
      mismatchLabelKeys.includes(key)
        ? [
            invalid(
              path.child('matchLabelKeys').index(index),
              key,
              'exists in both matchLabelKeys and mismatchLabelKeys',
            ),
          ]
        : [],
    ),
    ...(topologyKey === '' ? [required(topologyPath, 'can not be empty')] : []),
    ...validateLabelName(topologyKey, topologyPath),
  ];
}

function validateLabelKeys(
  keys: readonly string[],
  selector: unknown,
  path: FieldPath,
): FieldError[] {
  if (keys.length === 0) return [];
  if (selector === undefined) {
    return [forbidden(path, 'must not be specified when labelSelector is not set')];
  }
  return keys.flatMap((key, index) => validateLabelName(key, path.index(index)));
}

const nodePolicies: readonly string[] = ['Honor', 'Ignore'];

/** upstream: validateTopologySpreadConstraints. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[],
  path: FieldPath,
): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const at = path.index(index);
    const { maxSkew, topologyKey, whenUnsatisfiable } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(at.child('maxSkew'), maxSkew, notPositive));
    if (topologyKey === '') errors.push(required(at.child('topologyKey'), 'can not be empty'));
    if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway') {
      const supported = ['DoNotSchedule', 'ScheduleAnyway'];
      errors.push(notSupported(at.child('whenUnsatisfiable'), whenUnsatisfiable, supported));
    }
    const isRepeated = constraints
      .slice(index + 1)
      .some(
        (later) =>
          later.topologyKey === topologyKey && later.whenUnsatisfiable === whenUnsatisfiable,
      );
    if (isRepeated) {
      const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
      errors.push(duplicate(at.child('{topologyKey, whenUnsatisfiable}'), pair));
    }
    return [...errors, ...validateSpreadOptions(constraint, at)];
  });
}

function validateSpreadOptions(
  constraint: TopologySpreadConstraint,
  path: FieldPath,
): FieldError[] {
  const { minDomains, whenUnsatisfiable, labelSelector, matchLabelKeys = [] } = constraint;
  const errors: FieldError[] = [];
  const minPath = path.child('minDomains');
  if (minDomains !== undefined && minDomains <= 0) {
    errors.push(invalid(minPath, minDomains, notPositive));
  }
  if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
    const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    errors.push(invalid(minPath, minDomains, detail));
  }
  for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = constraint[field];
    if (policy !== undefined && !nodePolicies.includes(policy)) {
      errors.push(notSupported(path.child(field), policy, nodePolicies));
    }
  }
  return [
    ...errors,
    ...validateLabelKeys(matchLabelKeys, labelSelector, path.child('matchLabelKeys')),
    ...validateLabelSelector(labelSelector, path.child('labelSelector')),
  ];
}

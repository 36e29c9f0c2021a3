import type { LabelSelector, LabelSelectorRequirement } from '#kube/types.ts';
import { forbidden, invalid, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isLabelValue, isQualifiedName } from './names.ts';

/** One Invalid error for each problem with the value. */
export function invalidEach(
  path: FieldPath,
  value: unknown,
  problems: readonly string[],
): FieldError[] {
  return problems.map((problem) => invalid(path, value, problem));
}

export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelName(key, path),
    ...invalidEach(path, value, isLabelValue(value)),
  ]);
}

export function validateLabelName(name: string, path: FieldPath): FieldError[] {
  return invalidEach(path, name, isQualifiedName(name));
}

/** apimachinery, pkg/apis/meta/v1/validation/validation.go. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: FieldPath,
): FieldError[] {
  if (!selector) return [];
  const expressions = path.child('matchExpressions');
  return [
    ...validateLabels(selector.matchLabels, path.child('matchLabels')),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) =>
      validateSelectorRequirement(expression, expressions.index(index)),
    ),
  ];
}

function validateSelectorRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  path: FieldPath,
): FieldError[] {
  return [
    ...validateOperatorValues(operator, values, path),
    ...validateLabelName(key, path.child('key')),
    ...values.flatMap((value, index) =>
      invalidEach(path.child('values').index(index), value, isLabelValue(value)),
    ),
  ];
}

function validateOperatorValues(
  operator: string,
  values: readonly string[],
  path: FieldPath,
): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [
            forbidden(
              path.child('values'),
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
          ];
    default:
      return [invalid(path.child('operator'), operator, 'not a valid selector operator')];
  }
}

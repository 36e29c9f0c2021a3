import type { Taint, Toleration } from '#kube/types.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isLabelValue } from './names.ts';
import { validateLabelName } from './labels.ts';

const taintEffects: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** upstream: ValidateTolerations. */
export function validateTolerations(
  tolerations: readonly Toleration[],
  path: FieldPath,
): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    const at = path.index(index);
    const errors = key === '' ? [] : validateLabelName(key, at.child('key'));
    if (key === '' && operator !== 'Exists') {
      const detail =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(at.child('operator'), operator, detail));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(invalid(at.child('effect'), effect, detail));
    }
    errors.push(...validateTolerationValue(operator, value, at.child('operator')));
    if (effect !== '' && !taintEffects.includes(effect)) {
      errors.push(notSupported(at.child('effect'), effect, taintEffects));
    }
    return errors;
  });
}

function validateTolerationValue(operator: string, value: string, path: FieldPath): FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const problems = isLabelValue(value);
      return problems.length > 0 ? [invalid(path, value, problems.join(';'))] : [];
    }
    case 'Exists': {
      const detail = "value must be empty when `operator` is 'Exists'";
      return value === '' ? [] : [invalid(path, value, detail)];
    }
    default:
      return [notSupported(path, operator, ['Equal', 'Exists'])];
  }
}

/** upstream: validateNodeTaints. */
export function validateTaints(taints: readonly Taint[], path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const { key, value = '', effect } = taint;
    const at = path.index(index);
    const problems = isLabelValue(value);
    const errors = validateLabelName(key, at.child('key'));
    if (problems.length > 0) errors.push(invalid(at.child('value'), value, problems.join(';')));
    if (effect === '') errors.push(required(at.child('effect')));
    else if (!taintEffects.includes(effect)) {
      errors.push(notSupported(at.child('effect'), effect, taintEffects));
    }
    const pair = `${key}:${effect}`;
    if (seen.has(pair)) {
      const error = duplicate(at, taint);
      const detail = 'taints must be unique by key and effect pair';
      errors.push({ ...error, body: `${error.body}: ${detail}` });
    }
    seen.add(pair);
    return errors;
  });
}

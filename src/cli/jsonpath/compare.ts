import { SandglassError } from '#base/errors.ts';

type Basic = 'bool' | 'int' | 'float' | 'string';

function basicKind(value: unknown): Basic | undefined {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return undefined;
}

function incomparable(): SandglassError {
  return new SandglassError('invalid-argument', 'incompatible types for comparison');
}

/** The comparisons of Go's templates, which want the same kind on both sides (client-go, third_party/forked/golang/template). */
export function compareValues(left: unknown, right: unknown, operator: string): boolean {
  switch (operator) {
    case '==':
      return isEqual(left, right);
    case '!=':
      return !isEqual(left, right);
    case '<':
      return isLess(left, right);
    case '<=':
      return isLess(left, right) || isEqual(left, right);
    case '>':
      return !isLess(left, right) && !isEqual(left, right);
    case '>=':
      return !isLess(left, right);
    default:
      throw new SandglassError('invalid-argument', `unrecognized filter operator ${operator}`);
  }
}

function isEqual(left: unknown, right: unknown): boolean {
  requireSameKind(left, right);
  return left === right;
}

function isLess(left: unknown, right: unknown): boolean {
  const kind = requireSameKind(left, right);
  if (kind === 'bool') throw new SandglassError('invalid-argument', 'invalid type for comparison');
  return (left as number | string) < (right as number | string);
}

function requireSameKind(left: unknown, right: unknown): Basic {
  const [kind, other] = [basicKind(left), basicKind(right)];
  if (kind === undefined || other === undefined) {
    throw new SandglassError('invalid-argument', 'invalid type for comparison');
  }
  if (kind !== other) throw incomparable();
  return kind;
}

import { SandglassError } from '#base/errors.ts';
import { parseRequirements } from './label-selector-parser.ts';
import type { LabelSelector } from './types.ts';
import { field } from './validation/field-path.ts';
import { aggregateText, fieldErrorText, invalid } from './validation/field-error.ts';
import { isLabelValue, isQualifiedName } from './validation/names.ts';

export { FieldSelector, parseFieldSelector } from './field-selectors.ts';

export type LabelOperator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export type Labels = Readonly<Record<string, string>>;

/** One condition on an object's labels (apimachinery, pkg/labels/selector.go). */
export class LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];

  /** Throws `invalid-argument` for a key or value that no label can have. */
  constructor(key: string, operator: LabelOperator, values: readonly string[]) {
    this.key = key;
    this.operator = operator;
    this.values = values;
    this.#check();
  }

  matches(labels: Labels): boolean {
    const value = Object.hasOwn(labels, this.key) ? labels[this.key] : undefined;
    switch (this.operator) {
      case '=':
      case 'in':
        return value !== undefined && this.values.includes(value);
      case '!=':
      case 'notin':
        return value === undefined || !this.values.includes(value);
      case 'exists':
        return value !== undefined;
      case '!':
        return value === undefined;
      case 'gt':
      case 'lt':
        return value !== undefined && this.#compares(value);
    }
  }

  toString(): string {
    const value = this.values[0] ?? '';
    switch (this.operator) {
      case '=':
      case '!=':
        return `${this.key}${this.operator}${value}`;
      case 'in':
      case 'notin':
        return `${this.key} ${this.operator} (${[...this.values].sort().join(',')})`;
      case 'exists':
        return this.key;
      case '!':
        return `!${this.key}`;
      case 'gt':
        return `${this.key}>${value}`;
      case 'lt':
        return `${this.key}<${value}`;
    }
  }

  #compares(value: string): boolean {
    if (!isInteger(value)) return false;
    const limit = BigInt(this.values[0] ?? '0');
    return this.operator === 'gt' ? BigInt(value) > limit : BigInt(value) < limit;
  }

  #check(): void {
    const keyProblems = isQualifiedName(this.key);
    const errors =
      keyProblems.length > 0 ? [invalid(field('key'), this.key, keyProblems.join('; '))] : [];
    this.values.forEach((value, index) => {
      const path = field('values').index(index);
      if ((this.operator === 'gt' || this.operator === 'lt') && !isInteger(value)) {
        errors.push(invalid(path, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
      const problems = isLabelValue(value);
      if (problems.length > 0) errors.push(invalid(path.key(this.key), value, problems.join('; ')));
    });
    if (errors.length > 0) {
      throw new SandglassError('invalid-argument', aggregateText(errors.map(fieldErrorText)));
    }
  }
}

function isInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text);
}

/** All of its requirements together; one without any matches everything. */
export class Selector {
  static readonly everything = new Selector([]);
  /** What an absent LabelSelector selects. */
  static readonly nothing = new Selector([], false);

  readonly requirements: readonly LabelRequirement[];
  readonly #selects: boolean;

  constructor(requirements: readonly LabelRequirement[], selects = true) {
    this.requirements = [...requirements].sort((a, b) =>
      a.key < b.key ? -1 : a.key > b.key ? 1 : 0,
    );
    this.#selects = selects;
  }

  get isEmpty(): boolean {
    return this.#selects && this.requirements.length === 0;
  }

  matches(labels: Labels | undefined): boolean {
    return this.#selects && this.requirements.every((one) => one.matches(labels ?? {}));
  }

  toString(): string {
    return this.requirements.map(String).join(',');
  }
}

/** Of a query such as `app in (a,b),!old,tier!=cache`. Throws `invalid-argument` with upstream's text. */
export function parseLabelSelector(text: string): Selector {
  return new Selector(
    parseRequirements(text).map(
      ({ key, operator, values }) => new LabelRequirement(key, operator, values),
    ),
  );
}

export function selectorFromLabels(labels: Labels): Selector {
  return new Selector(
    Object.entries(labels).map(([key, value]) => new LabelRequirement(key, '=', [value])),
  );
}

const objectOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Of an object's `selector` field (apimachinery, pkg/apis/meta/v1/helpers.go): absent selects nothing, empty everything. */
export function selectorFromObject(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return Selector.nothing;
  const fromLabels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]) => new LabelRequirement(key, '=', [value]),
  );
  const fromExpressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const known = objectOperators[operator];
    if (known === undefined) {
      throw new SandglassError(
        'invalid-argument',
        `"${operator}" is not a valid label selector operator`,
      );
    }
    return new LabelRequirement(key, known, values ?? []);
  });
  return new Selector([...fromLabels, ...fromExpressions]);
}

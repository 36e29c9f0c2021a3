import { SandglassError } from '#base/errors.ts';

export interface FieldRequirement {
  field: string;
  operator: '=' | '!=';
  value: string;
}

/** All of its terms together (apimachinery, pkg/fields/selector.go). */
export class FieldSelector {
  static readonly everything = new FieldSelector([]);

  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get isEmpty(): boolean {
    return this.requirements.length === 0;
  }

  /** A field that the object does not have counts as empty. */
  matches(fields: Readonly<Record<string, string>>): boolean {
    return this.requirements.every(
      ({ field, operator, value }) => ((fields[field] ?? '') === value) === (operator === '='),
    );
  }

  /** The value that the field must have, such as the one pod or node that a watch is for. */
  requiredValue(field: string): string | undefined {
    return this.requirements.find((one) => one.field === field && one.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements
      .map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`)
      .join(',');
  }
}

export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, '\\$&');
}

/** Of a query such as `spec.nodeName=node-1,status.phase!=Succeeded`. Throws `invalid-argument` with upstream's text. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = text.match(/(?:\\[^]|[^,\\])+|\\$/g) ?? [];
  return new FieldSelector(
    [...terms].sort().map((term) => {
      const match = /^(.*?)(!=|==|=)([^]*)$/.exec(term);
      const [, name, operator, value] = match ?? [];
      if (name === undefined || value === undefined) {
        throw wrong(`invalid selector: '${text}'; can't understand '${term}'`);
      }
      return { field: name, operator: operator === '!=' ? '!=' : '=', value: unescape(value) };
    }),
  );
}

function unescape(value: string): string {
  const broken = /\\(?![\\,=])([^]?)/.exec(value.replaceAll(/\\[\\,=]/g, ''));
  if (broken) throw wrong(`invalid field selector: invalid escape sequence: ${broken[0]}`);
  const bare = /[,=]/.exec(value.replaceAll(/\\[\\,=]/g, ''))?.[0];
  if (bare !== undefined) {
    // Go prints the rune's number here.
    throw wrong(
      `invalid field selector: unescaped character in value: ${bare.codePointAt(0) ?? 0}`,
    );
  }
  return value.replaceAll(/\\([\\,=])/g, '$1');
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

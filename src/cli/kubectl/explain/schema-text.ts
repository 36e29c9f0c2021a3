import { isObject, sortedEntries } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';
import { indentText, wrapText } from './wrap.ts';

/** What of an OpenAPI v3 schema is shown. */
export interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  required?: string[];
  enum?: unknown[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

export type Schemas = Readonly<Record<string, Schema>>;

/** kubectl explain's words for a schema (kubectl, pkg/explain/v2/templates/plaintext.tmpl). */
export class SchemaText {
  readonly #schemas: Schemas;
  readonly #recursive: boolean;

  constructor(schemas: Schemas, recursive: boolean) {
    this.#schemas = schemas;
    this.#recursive = recursive;
  }

  /** Of the schema or of a field in it; `undefined` if there is no such field. */
  describe(
    schema: Schema,
    path: readonly string[],
    seen: ReadonlySet<string> = new Set(),
  ): string | undefined {
    const { $ref = '' } = schema;
    const resolved = this.#resolve(schema);
    const [field, ...rest] = path;
    if (field === undefined) return this.#wholeText(resolved);
    if ($ref !== '' && seen.has($ref)) return undefined;
    const found = resolved.properties?.[field];
    if (found) {
      const head =
        rest.length === 0 ? `FIELD: ${field} <${this.#typeOf(found)}>\n${longEnum(found)}\n\n` : '';
      const below = this.describe(found, rest);
      return below === undefined ? undefined : head + below;
    }
    const next = new Set(seen).add($ref);
    const inner = resolved.items ?? valuesOf(resolved);
    if (inner) return this.describe(inner, path, next);
    for (const part of resolved.allOf ?? []) {
      const text = this.describe(part, path, next);
      if (text !== undefined && text !== '') return text;
    }
    return undefined;
  }

  #wholeText(schema: Schema): string {
    const description = this.#description(schema) || '<empty>';
    const fields = this.#fields(schema, 1, new Set());
    return [
      `DESCRIPTION:\n${indentText(wrapText(description, 76), 4)}\n`,
      fields === '' ? '' : `FIELDS:\n${fields}`,
    ].join('');
  }

  #description(schema: Schema): string {
    const resolved = this.#resolve(schema);
    const own = resolved.description ? `${resolved.description}\n` : '';
    const parts = [...(resolved.allOf ?? []), resolved.items, valuesOf(resolved)];
    return own + parts.map((part) => (part ? this.#description(part) : '')).join('');
  }

  #fields(schema: Schema, level: number, seen: ReadonlySet<string>): string {
    const { $ref = '' } = schema;
    if ($ref !== '' && seen.has($ref)) return '';
    const next = new Set(seen).add($ref);
    const resolved = this.#resolve(schema);
    const own = sortedEntries(resolved.properties ?? {}).map(([name, value]) => {
      const field = value as Schema;
      const below = this.#recursive ? this.#fields(field, level + 1, next) : '';
      return this.#field(name, field, resolved, level) + below;
    });
    const parts = [...(resolved.allOf ?? []), resolved.items, valuesOf(resolved)];
    return (
      own.join('') + parts.map((part) => (part ? this.#fields(part, level, next) : '')).join('')
    );
  }

  #field(name: string, field: Schema, owner: Schema, level: number): string {
    const amount = level * 2;
    const required = owner.required?.includes(name) ? ' -required-' : '';
    const head = `${' '.repeat(amount)}${name}\t<${this.#typeOf(field)}>${required}${shortEnum(field, amount)}\n`;
    if (this.#recursive) return head;
    const description = field.description ?? '<no description>';
    return `${head}${indentText(wrapText(description, 78 - amount), amount + 2)}\n\n`;
  }

  /** `string`, `Object`, `[]Container`, `map[string]string`: what somebody would call the type. */
  #typeOf(schema: Schema): string {
    const { items, allOf = [], properties, $ref, type } = schema;
    if (items) return `[]${this.#typeOf(items)}`;
    const values = valuesOf(schema);
    if (values) return `map[string]${this.#typeOf(values)}`;
    const [only] = allOf;
    if (only && allOf.length === 1 && !properties) return this.#typeOf(only);
    if ($ref === undefined) return type === undefined || type === 'object' ? 'Object' : type;
    const referred = this.#lookUp($ref);
    if (referred?.type && referred.type !== 'object') return referred.type;
    return $ref.split('/').at(-1)?.split('.').at(-1) || 'Object';
  }

  #resolve(schema: Schema): Schema {
    return (schema.$ref === undefined ? undefined : this.#lookUp(schema.$ref)) ?? schema;
  }

  #lookUp(reference: string): Schema | undefined {
    const name = /^#\/components\/schemas\/(.*)$/.exec(reference)?.[1];
    return name === undefined ? undefined : this.#schemas[name];
  }
}

function valuesOf({ additionalProperties }: Schema): Schema | undefined {
  return isObject(additionalProperties) ? additionalProperties : undefined;
}

function enumText(value: unknown): string {
  return value === '' ? '""' : goText(value);
}

/** Four of them at most. */
function shortEnum({ enum: values }: Schema, indent: number): string {
  if (!values || values.length === 0) return '';
  const shown = values.slice(0, 4).map(enumText).join(', ');
  return `\n${' '.repeat(indent)}enum: ${shown}${values.length > 4 ? ', ....' : ''}`;
}

function longEnum({ enum: values }: Schema): string {
  if (!values || values.length === 0) return '';
  return `ENUM:${values.map((value) => `\n    ${enumText(value)}`).join('')}`;
}

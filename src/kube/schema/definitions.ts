import source from './definitions.json' with { type: 'json' };

export type PlainType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bool'
  | 'bytes'
  | 'quantity'
  | 'time'
  | 'microtime'
  | 'intstr'
  | 'any';

export type FieldType =
  | { kind: 'plain'; type: PlainType }
  | { kind: 'struct'; name: string }
  | { kind: 'list'; of: FieldType }
  | { kind: 'map'; of: FieldType };

export interface FieldSchema {
  name: string;
  type: FieldType;
  /** As OpenAPI has it; validation, not decoding, asks for it. */
  required: boolean;
  /** A pointer in Go: a zero is kept, as it differs from an absent one. */
  isPointer: boolean;
  /** Written even when empty. */
  isAlwaysWritten: boolean;
}

/** One type of the API; made from definitions.json, which `npm run generate` writes. */
export interface Definition {
  name: string;
  /** Such as `io.k8s.api.core.v1.Pod`. */
  openApiName: string;
  /** Go's name of the struct, without its package. */
  goName: string;
  fields: ReadonlyMap<string, FieldSchema>;
}

const definitions = new Map<string, Definition>();

export const definitionNames: readonly string[] = Object.keys(source);

/** Throws for a name that is not in definitions.json, which is a mistake of the caller's. */
export function definitionOf(name: string): Definition {
  let definition = definitions.get(name);
  if (!definition) {
    definition = parse(name);
    definitions.set(name, definition);
  }
  return definition;
}

export function hasDefinition(name: string): boolean {
  return Object.hasOwn(source, name);
}

function parse(name: string): Definition {
  const table: Readonly<Record<string, { package: string; fields: Record<string, string> }>> =
    source;
  const entry = table[name];
  if (!entry) throw new Error(`There is no definition of ${name}.`);
  const goName = name.replace(/^EventsV1/, '');
  const fields = Object.entries(entry.fields).map(([field, text]) => parseField(field, text));
  return {
    name,
    openApiName: `${entry.package}.${goName}`,
    goName,
    fields: new Map(fields.map((field) => [field.name, field])),
  };
}

function parseField(name: string, text: string): FieldSchema {
  return {
    name,
    type: parseType(text.replaceAll(/[*!=]/g, '')),
    required: text.includes('!'),
    isPointer: text.startsWith('*'),
    isAlwaysWritten: text.endsWith('='),
  };
}

function parseType(text: string): FieldType {
  if (text.startsWith('[]')) return { kind: 'list', of: parseType(text.slice(2)) };
  if (text.startsWith('map[string]')) return { kind: 'map', of: parseType(text.slice(11)) };
  if (hasDefinition(text)) return { kind: 'struct', name: text };
  return { kind: 'plain', type: text as PlainType };
}

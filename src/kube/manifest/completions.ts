import { type FieldSchema, definitionOf } from '#kube/schema/definitions.ts';
import { enumOf } from '#kube/schema/field-facts.ts';
import { type CursorPlace, cursorPlace, documentAt } from './cursor.ts';
import {
  apiVersionsOf,
  definitionIn,
  fieldAt,
  manifestResources,
  typeAt,
  typeInWords,
} from './fields.ts';

/** One thing that may stand where somebody types. */
export interface ManifestCompletion {
  label: string;
  /** What is put in place of the word that is being typed. */
  insert: string;
  /** A field's type. */
  detail: string;
  kind: 'field' | 'value';
  /** For the field's description: its struct in the schema. */
  definition?: string;
  isRequired: boolean;
  /** Shown last: what only the server writes. */
  isUnlikely: boolean;
}

export interface ManifestCompletions {
  /** Where the word begins that they take the place of. */
  from: number;
  options: readonly ManifestCompletion[];
}

/** What may be typed at a position of a manifest, by the schema of the kind that it says it is. */
export function manifestCompletions(text: string, cursor: number): ManifestCompletions | undefined {
  const place = cursorPlace(text, cursor);
  if (!place) return undefined;
  const { begin, end } = documentAt(text, cursor);
  const document = text.slice(begin, end);
  const definition = definitionIn(document);
  const options =
    place.role === 'key'
      ? keyOptions(place, definition)
      : valueOptions(place, definition, document);
  return options.length === 0 ? undefined : { from: place.from, options };
}

/** Before the kind is known only what every object has. */
const everyObject = ['apiVersion', 'kind', 'metadata'];

function keyOptions(place: CursorPlace, definition: string | undefined): ManifestCompletion[] {
  const { path, siblings } = place;
  const type = typeAt(definition ?? 'Pod', path);
  if (definition === undefined && path.length > 0 && path[0] !== 'metadata') return [];
  if (type?.kind === 'map') return mapKeys(place).filter(({ label }) => !siblings.has(label));
  // An element of a list that has no dash yet.
  const isElement = type?.kind === 'list' && type.of.kind === 'struct' && !place.isFlow;
  const struct = isElement ? type.of : type;
  if (struct?.kind !== 'struct') return [];
  const fields = [...definitionOf(struct.name).fields.values()];
  return fields
    .filter(({ name }) => !siblings.has(name))
    .filter(({ name }) => definition !== undefined || path.length > 0 || everyObject.includes(name))
    .map((field) => ({
      label: field.name,
      insert: `${isElement ? '- ' : ''}${insertion(field, place, isElement ? 2 : 0)}`,
      detail: typeInWords(field.type),
      kind: 'field',
      definition: struct.name,
      isRequired: field.required || (path.length === 0 && everyObject.includes(field.name)),
      isUnlikely: serverWrites(struct.name, field.name),
    }));
}

/** The key with its colon, and where its value may stand, begun on the next line if it has fields of its own. */
function insertion(
  { name, type }: FieldSchema,
  { column, isFlow }: CursorPlace,
  deeper: number,
): string {
  if (isFlow) return `${name}: `;
  const indent = ' '.repeat(column + deeper);
  if (type.kind === 'struct' || type.kind === 'map') return `${name}:\n${indent}  `;
  // At the key's own column, as the project's documentation writes lists.
  return type.kind === 'list' ? `${name}:\n${indent}- ` : `${name}: `;
}

/** Fields of the metadata that a manifest has no use for, and every status (api-conventions.md, "Metadata"). */
const serverMetadata = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);

function serverWrites(definition: string, field: string): boolean {
  if (definition === 'ObjectMeta') return serverMetadata.has(field);
  return field === 'status' || (definition === 'PodSpec' && field === 'serviceAccount');
}

/** Maps whose keys are known: amounts of resources. */
function mapKeys({ path }: CursorPlace): ManifestCompletion[] {
  const name = path.at(-1);
  if (name !== 'limits' && name !== 'requests' && name !== 'overhead') return [];
  return ['cpu', 'memory', 'ephemeral-storage'].map((label) => ({
    label,
    insert: `${label}: `,
    detail: 'quantity',
    kind: 'field',
    isRequired: false,
    isUnlikely: false,
  }));
}

function valueOptions(
  { path }: CursorPlace,
  definition: string | undefined,
  document: string,
): ManifestCompletion[] {
  const [only] = path;
  if (path.length === 1 && only === 'kind') {
    return valuesOf([...new Set(manifestResources.map(({ kind }) => kind))]);
  }
  if (path.length === 1 && only === 'apiVersion') {
    return valuesOf(apiVersionsOf(/^kind:\s*(\w+)/m.exec(document)?.[1]));
  }
  if (definition === undefined) return [];
  const named = isMountName(path) ? valuesOf(volumesIn(document)) : [];
  if (named.length > 0) return named;
  // Of a list of words each is of the list's field.
  const isElement = typeof path.at(-1) === 'number';
  const at = fieldAt(definition, isElement ? path.slice(0, -1) : path);
  if (!at) return [];
  const words = enumOf(at.definition, at.field.name);
  if (words) return valuesOf(words.map((word) => (word === '' ? '""' : word)));
  const { type } = at.field;
  return type.kind === 'plain' && type.type === 'bool' ? valuesOf(['true', 'false']) : [];
}

function valuesOf(words: readonly string[]): ManifestCompletion[] {
  return words.map((label) => ({
    label,
    insert: label,
    detail: '',
    kind: 'value',
    isRequired: false,
    isUnlikely: false,
  }));
}

/** `spec.containers[0].volumeMounts[1].name` */
function isMountName(path: CursorPlace['path']): boolean {
  return path.at(-1) === 'name' && path.at(-3) === 'volumeMounts';
}

/** Names of the pod's volumes, as they stand: the document may not be one yet. */
function volumesIn(document: string): string[] {
  const [, block = ''] = /^ {2}volumes:[^\n]*\n((?: {2}[-\s][^\n]*\n?|\n)*)/m.exec(document) ?? [];
  return [
    ...block.matchAll(/^ {2,4}-\s+(?:\{\s*)?name:\s*([\w.-]+)|^ {4,6}name:\s*([\w.-]+)/gm),
  ].map(([, first, other]) => first ?? other ?? '');
}

import { type Node, isMap, isScalar, isSeq } from 'yaml';
import { allResources, apiVersionOf, resourceByKind } from '#kube/resources.ts';
import { type FieldSchema, type FieldType, definitionOf } from '#kube/schema/definitions.ts';
import { yamlDocuments } from '#kube/schema/yaml-text.ts';
import { type ValuePath } from './cursor.ts';
import { keyOf, rangeOf, type TextRange } from './locate.ts';

/** A field of a kind of the API, as a manifest names it. */
export interface FieldAt {
  /** What its struct is called in the schema. */
  definition: string;
  field: FieldSchema;
}

/** Kinds that can be applied: those of which objects are made, and kept. */
export const manifestResources = allResources.filter(
  ({ verbs, kind }) => verbs.includes('create') && kind !== 'Binding',
);

/** What a manifest says that it is, even if the rest cannot be read yet. */
export function definitionIn(document: string): string | undefined {
  const word = (key: string) =>
    new RegExp(`^["']?${key}["']?:\\s+["']?([\\w./-]+)`, 'm').exec(document)?.[1];
  const kind = word('kind');
  if (kind === undefined) return undefined;
  const apiVersion = word('apiVersion');
  const resource =
    apiVersion === undefined
      ? manifestResources.find((one) => one.kind === kind)
      : resourceByKind(apiVersion, kind);
  return resource?.definition;
}

/** The type at a path below a struct; nothing where the schema has no such thing. */
export function typeAt(definition: string, path: ValuePath): FieldType | undefined {
  let type: FieldType = { kind: 'struct', name: definition };
  for (const step of path) {
    const inner = stepInto(type, step);
    if (!inner) return undefined;
    type = inner;
  }
  return type;
}

function stepInto(type: FieldType, step: string | number): FieldType | undefined {
  switch (type.kind) {
    case 'struct':
      return definitionOf(type.name).fields.get(String(step))?.type;
    case 'list':
      return typeof step === 'number' ? type.of : undefined;
    case 'map':
      return type.of;
    case 'plain':
      return undefined;
  }
}

/** The field that a path ends in. */
export function fieldAt(definition: string, path: ValuePath): FieldAt | undefined {
  const name = path.at(-1);
  const owner = typeAt(definition, path.slice(0, -1));
  if (typeof name !== 'string' || owner?.kind !== 'struct') return undefined;
  const field = definitionOf(owner.name).fields.get(name);
  return field && { definition: owner.name, field };
}

/** `[]Container`, `map[string]string`, `quantity`. */
export function typeInWords(type: FieldType): string {
  switch (type.kind) {
    case 'struct':
      return definitionOf(type.name).goName;
    case 'list':
      return `[]${typeInWords(type.of)}`;
    case 'map':
      return `map[string]${typeInWords(type.of)}`;
    case 'plain':
      return type.type === 'intstr' ? 'int or string' : type.type;
  }
}

/** `spec.containers[].image`: without which of a list's elements it is. */
export function pathInWords(path: ValuePath): string {
  return path
    .map((step) => (typeof step === 'number' ? '[]' : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

/** A key that stands at a position, or whose value does. */
export interface KeyAt extends FieldAt, TextRange {
  path: ValuePath;
}

/** The field of the innermost key that a position belongs to. */
export function keyAt(text: string, position: number): KeyAt | undefined {
  for (const document of yamlDocuments(text)) {
    const root = document.contents;
    const range = rangeOf(root);
    if (!root || position < range.from || position > range.to) continue;
    const definition = definitionIn(text.slice(range.from, range.to));
    const key = definition === undefined ? undefined : keyIn(root, position, []);
    const found = key && definition !== undefined ? fieldAt(definition, key.path) : undefined;
    return key && found && { ...found, ...key };
  }
  return undefined;
}

function keyIn(
  node: Node | null,
  position: number,
  path: ValuePath,
): (TextRange & { path: ValuePath }) | undefined {
  if (isSeq(node)) {
    const index = node.items.findIndex((item) => contains(item as Node | null, position));
    return index < 0 ? undefined : keyIn(node.items[index] as Node, position, [...path, index]);
  }
  if (!isMap(node)) return undefined;
  for (const pair of node.items) {
    const [key, value] = [pair.key as Node | null, pair.value as Node | null];
    const own = [...path, keyOf(pair)];
    if (isScalar(key) && contains(key, position)) return { path: own, ...rangeOf(key) };
    if (contains(value, position))
      return keyIn(value, position, own) ?? { path: own, ...rangeOf(key) };
  }
  return undefined;
}

function contains(node: Node | null, position: number): boolean {
  const { from, to } = rangeOf(node);
  return node !== null && position >= from && position <= to;
}

/** `v1`, `node.k8s.io/v1`: what a kind may say as its version, or what there is. */
export function apiVersionsOf(kind: string | undefined): string[] {
  const found = manifestResources.filter((one) => kind === undefined || one.kind === kind);
  return [...new Set(found.map(apiVersionOf))];
}

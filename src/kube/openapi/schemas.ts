import {
  definitionNames,
  definitionOf,
  type FieldSchema,
  type FieldType,
  type PlainType,
} from '#kube/schema/definitions.ts';
import { enumOf, isAtomicMap, listFactsOf } from '#kube/schema/field-facts.ts';
import { kindsOfDefinition } from './kinds.ts';

export type OpenApiVersion = 2 | 3;

/** A schema object of either version, as plain JSON. */
export type SchemaObject = Record<string, unknown>;

/** Texts by definition, then by field; the definition's own under the empty name. */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const quantityName = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const intOrStringName = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const fieldsName = `${meta}.FieldsV1`;
const rawName = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
const patchName = `${meta}.Patch`;

/** Where references point to. */
export function reference(name: string, version: OpenApiVersion): string {
  return version === 2 ? `#/definitions/${name}` : `#/components/schemas/${name}`;
}

export { patchName };

/** Every schema of the API, by its name in OpenAPI. */
export function allSchemas(
  version: OpenApiVersion,
  descriptions: Descriptions,
): Record<string, SchemaObject> {
  const schemas: Record<string, SchemaObject> = basicSchemas(version);
  for (const name of definitionNames) {
    schemas[definitionOf(name).openApiName] = structSchema(name, version, descriptions);
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The named ones with all that they refer to. */
export function withReferences(
  schemas: Readonly<Record<string, SchemaObject>>,
  names: Iterable<string>,
): Record<string, SchemaObject> {
  const found: Record<string, SchemaObject> = {};
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const schema = schemas[name];
    if (!schema || found[name]) continue;
    found[name] = schema;
    for (const [, referred = ''] of JSON.stringify(schema).matchAll(/"#\/[\w/]+\/([\w.]+)"/g)) {
      queue.push(referred);
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Types that Go writes in a way of their own. */
function basicSchemas(version: OpenApiVersion): Record<string, SchemaObject> {
  const alternatives = (...types: string[]) =>
    version === 2 ? { type: 'string' } : { oneOf: types.map((type) => ({ type })) };
  return {
    [quantityName]: {
      description:
        'Quantity is a fixed-point number: digits, perhaps a fraction, and a suffix such as m, k, M, Ki, Mi or an exponent. It is written in canonical form.',
      ...alternatives('string', 'number'),
    },
    [intOrStringName]: {
      description: 'IntOrString is a number or a text, such as the number or the name of a port.',
      format: 'int-or-string',
      ...(version === 2
        ? { type: 'string' }
        : { oneOf: [{ type: 'integer' }, { type: 'string' }] }),
    },
    [`${meta}.Time`]: {
      description: 'Time is a point in time as RFC 3339, to the second.',
      format: 'date-time',
      type: 'string',
    },
    [`${meta}.MicroTime`]: {
      description: 'MicroTime is a point in time as RFC 3339, to the microsecond.',
      format: 'date-time',
      type: 'string',
    },
    [fieldsName]: {
      description: 'FieldsV1 is a set of fields in a trie.',
      type: 'object',
    },
    [rawName]: { description: 'RawExtension is an object of any kind.', type: 'object' },
    [patchName]: {
      description: 'Patch is a change to an object, in the form that the content type names.',
      type: 'object',
    },
  };
}

function structSchema(
  name: string,
  version: OpenApiVersion,
  descriptions: Descriptions,
): SchemaObject {
  const { fields } = definitionOf(name);
  const texts = descriptions[name] ?? {};
  const properties: Record<string, SchemaObject> = {};
  for (const field of fields.values()) {
    const description = texts[field.name] ?? fallbackText(field.type, descriptions);
    properties[field.name] = fieldSchema(name, field, version, description);
  }
  const required = [...fields.values()]
    .filter((field) => field.required)
    .map((field) => field.name);
  const kinds = kindsOfDefinition(name);
  return {
    ...(texts[''] === undefined ? {} : { description: texts[''] }),
    properties,
    ...(required.length === 0 ? {} : { required }),
    type: 'object',
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
    ...(name === 'LabelSelector' || selectorStructs.has(name)
      ? { 'x-kubernetes-map-type': 'atomic' }
      : {}),
  };
}

/** Structs that a server-side apply replaces as a whole (`+structType=atomic` in kubernetes/api). */
const selectorStructs: ReadonlySet<string> = new Set([
  'ConfigMapKeySelector',
  'FileKeySelector',
  'LocalObjectReference',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'ResourceFieldSelector',
  'SecretKeySelector',
  'TypedLocalObjectReference',
]);

/** The client package has no text of its own for a field that holds a struct. */
function fallbackText(type: FieldType, descriptions: Descriptions): string | undefined {
  return type.kind === 'struct' ? descriptions[type.name]?.[''] : undefined;
}

function fieldSchema(
  definition: string,
  field: FieldSchema,
  version: OpenApiVersion,
  description: string | undefined,
): SchemaObject {
  const base = typeSchema(field.type, version, definition);
  const values = enumOf(definition, field.name);
  const text = description === undefined ? {} : { description };
  const schema =
    version === 3 && '$ref' in base
      ? { allOf: [base], ...text, ...defaultOf(field) }
      : { ...text, ...base };
  return { ...schema, ...(values ? { enum: values } : {}), ...extensions(definition, field) };
}

/** A struct that is always there is empty by default, as upstream's generator has it. */
function defaultOf(field: FieldSchema): SchemaObject {
  return field.type.kind === 'struct' && field.isAlwaysWritten ? { default: {} } : {};
}

function extensions(definition: string, { name, type }: FieldSchema): SchemaObject {
  if (type.kind === 'map') {
    return isAtomicMap(definition, name) ? { 'x-kubernetes-map-type': 'atomic' } : {};
  }
  const facts = listFactsOf(definition, name);
  return {
    ...(facts?.mapKeys ? { 'x-kubernetes-list-map-keys': facts.mapKeys } : {}),
    ...(facts?.listType ? { 'x-kubernetes-list-type': facts.listType } : {}),
    ...(facts?.mergeKey ? { 'x-kubernetes-patch-merge-key': facts.mergeKey } : {}),
    ...(facts?.strategy ? { 'x-kubernetes-patch-strategy': facts.strategy } : {}),
  };
}

function typeSchema(type: FieldType, version: OpenApiVersion, definition: string): SchemaObject {
  switch (type.kind) {
    case 'struct':
      return { $ref: reference(definitionOf(type.name).openApiName, version) };
    case 'list':
      return { items: itemSchema(type.of, version, definition), type: 'array' };
    case 'map':
      return { additionalProperties: itemSchema(type.of, version, definition), type: 'object' };
    case 'plain':
      return plainSchema(type.type, version, definition);
  }
}

function itemSchema(type: FieldType, version: OpenApiVersion, definition: string): SchemaObject {
  const schema = typeSchema(type, version, definition);
  return version === 3 && type.kind === 'struct' ? { allOf: [schema], default: {} } : schema;
}

function plainSchema(type: PlainType, version: OpenApiVersion, definition: string): SchemaObject {
  switch (type) {
    case 'string':
      return { type: 'string' };
    case 'int32':
    case 'int64':
      return { format: type, type: 'integer' };
    case 'double':
      return { format: 'double', type: 'number' };
    case 'bool':
      return { type: 'boolean' };
    case 'bytes':
      return { format: 'byte', type: 'string' };
    case 'quantity':
      return { $ref: reference(quantityName, version) };
    case 'time':
      return { $ref: reference(`${meta}.Time`, version) };
    case 'microtime':
      return { $ref: reference(`${meta}.MicroTime`, version) };
    case 'intstr':
      return { $ref: reference(intOrStringName, version) };
    case 'any':
      return {
        $ref: reference(definition === 'ManagedFieldsEntry' ? fieldsName : rawName, version),
      };
  }
}

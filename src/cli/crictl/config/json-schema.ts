import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { compareText, formatJson } from '#cli/text/json.ts';

const base = 'https://k8s.io/cri-api/pkg/apis/runtime/v1/';

/** What a configuration's file may hold, as JSON Schema (crictl, util.go, printJSONSchema). */
export function printedSchema(message: DescMessage): string {
  const definitions = new Map<string, unknown>();
  define(message, definitions);
  const sorted = [...definitions].sort(([one], [other]) => compareText(one, other));
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: base + message.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase(),
    $ref: `#/$defs/${message.name}`,
    $defs: Object.fromEntries(sorted),
  };
  return `${formatJson(schema, { indent: '  ', unsorted: true })}\n`;
}

function define(message: DescMessage, definitions: Map<string, unknown>): void {
  if (definitions.has(message.name)) return;
  const properties = message.fields.map((field) => [field.name, schemaOf(field)]);
  definitions.set(message.name, {
    properties: Object.fromEntries(properties) as Record<string, unknown>,
    additionalProperties: false,
    type: 'object',
  });
  for (const { message: used } of message.fields) if (used) define(used, definitions);
}

function schemaOf(field: DescField): unknown {
  const item = itemSchema(field);
  if (field.fieldKind === 'list') return { items: item, type: 'array' };
  return field.fieldKind === 'map' ? { additionalProperties: item, type: 'object' } : item;
}

function itemSchema(field: DescField): unknown {
  if (field.message) return { $ref: `#/$defs/${field.message.name}` };
  if (field.enum) return { oneOf: [{ type: 'string' }, { type: 'integer' }] };
  return { type: typeOf(field) };
}

function typeOf({ scalar }: DescField): string {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 'string';
    case ScalarType.BOOL:
      return 'boolean';
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return 'number';
    default:
      return 'integer';
  }
}

import { type DescField, type Message, ScalarType, createRegistry } from '@bufbuild/protobuf';
import { type ReflectMessage, isReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { base64Encode } from '@bufbuild/protobuf/wire';
import { file_api } from '#kube/cri/api_pb.ts';
import { compareText, formatJson } from '#cli/text/json.ts';
import { formatYaml } from '#cli/text/yaml.ts';

const registry = createRegistry(file_api);

/** A message of the CRI with what its descriptor tells of it. */
export function reflected(message: Message): ReflectMessage {
  const description = registry.getMessage(message.$typeName);
  if (!description) throw new TypeError(`${message.$typeName} is no message of the CRI.`);
  return reflect(description, message);
}

/** What JSON holds of a message: fields in their order, with their zero values (Go's protojson, EmitDefaultValues). */
export function protoJson(message: Message): Record<string, unknown> {
  return jsonOf(reflected(message));
}

function jsonOf(message: ReflectMessage): Record<string, unknown> {
  const members = message.fields.flatMap((field) =>
    field.fieldKind === 'message' && !message.isSet(field)
      ? []
      : [[field.jsonName, fieldJson(message, field)]],
  );
  return Object.fromEntries(members) as Record<string, unknown>;
}

function fieldJson(message: ReflectMessage, field: DescField): unknown {
  switch (field.fieldKind) {
    case 'list':
      return [...message.get(field)].map((item) => itemJson(field, item));
    case 'map': {
      const entries = [...message.get(field)].map(
        ([key, value]) => [String(key), itemJson(field, value)] as const,
      );
      return Object.fromEntries(entries.sort(([one], [other]) => compareText(one, other)));
    }
    default:
      return itemJson(field, message.get(field));
  }
}

function itemJson(field: DescField, value: unknown): unknown {
  if (isReflectMessage(value)) return jsonOf(value);
  if (value instanceof Uint8Array) return base64Encode(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && field.enum) return field.enum.value[value]?.name ?? value;
  return value;
}

/** As `-o json` prints a message. */
export function printedProtoJson(message: Message): string {
  return `${formatJson(protoJson(message), { indent: '  ', unsorted: true, plain: true })}\n`;
}

/** As `-o yaml` prints one, with an empty line after it. */
export function printedProtoYaml(message: Message): string {
  return `${formatYaml(protoJson(message))}\n`;
}

/** As Go's encoding/json has the generated struct: names of the proto, without zero values. */
export function structJson(message: Message): Record<string, unknown> {
  return structOf(reflected(message));
}

function structOf(message: ReflectMessage): Record<string, unknown> {
  const members = message.fields.flatMap((field) => {
    if (!message.isSet(field)) return [];
    const value: unknown = message.get(field);
    const is64 = field.scalar === ScalarType.INT64 || field.scalar === ScalarType.UINT64;
    const plain = isReflectMessage(value) ? structOf(value) : is64 ? Number(value) : value;
    return [[field.name, plain]];
  });
  return Object.fromEntries(members) as Record<string, unknown>;
}

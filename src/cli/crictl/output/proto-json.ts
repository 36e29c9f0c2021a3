import type { DescEnum, DescField, Message } from '@bufbuild/protobuf';
import { type ReflectMessage, isReflectMessage } from '@bufbuild/protobuf/reflect';
import { base64Encode } from '@bufbuild/protobuf/wire';
import { reflected } from '#kube/cri/go-json.ts';
import { compareText, formatJson } from '#cli/text/json.ts';
import { formatYaml } from '#cli/text/yaml.ts';

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
  if (typeof value === 'number' && field.enum) return enumName(field.enum, value);
  return value;
}

/** The proto's name of an enum's value; its number if it has none. */
export function enumName(description: DescEnum, value: number): string {
  return description.value[value]?.name ?? String(value);
}

/** As `-o json` prints a message. */
export function printedProtoJson(message: Message): string {
  return `${formatJson(protoJson(message), { indent: '  ', unsorted: true, plain: true })}\n`;
}

/** As `-o yaml` prints one, with an empty line after it. */
export function printedProtoYaml(message: Message): string {
  return `${formatYaml(protoJson(message))}\n`;
}

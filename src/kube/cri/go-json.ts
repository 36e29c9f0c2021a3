import { type DescField, type Message, ScalarType, createRegistry } from '@bufbuild/protobuf';
import { type ReflectMessage, isReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { file_kube_cri_api } from './api_pb.ts';

const registry = createRegistry(file_kube_cri_api);

/** A message of the CRI with what its descriptor tells of it. */
export function reflected(message: Message): ReflectMessage {
  const description = registry.getMessage(message.$typeName);
  if (!description) throw new TypeError(`${message.$typeName} is no message of the CRI.`);
  return reflect(description, message);
}

/**
 * A message as Go's encoding/json has the generated struct, which is how containerd tells of its records:
 * names of the proto, enums as numbers, nothing that is empty.
 */
export function goJson(message: Message): Record<string, unknown> {
  return structOf(reflected(message));
}

function structOf(message: ReflectMessage): Record<string, unknown> {
  const members = message.fields.flatMap((field) =>
    message.isSet(field) ? [[field.name, valueOf(message, field)]] : [],
  );
  return Object.fromEntries(members) as Record<string, unknown>;
}

function valueOf(message: ReflectMessage, field: DescField): unknown {
  switch (field.fieldKind) {
    case 'list':
      return [...message.get(field)].map((item) => itemOf(field, item));
    case 'map': {
      const entries = [...message.get(field)].map(([key, item]) => [key, itemOf(field, item)]);
      return Object.fromEntries(entries) as Record<string, unknown>;
    }
    default:
      return itemOf(field, message.get(field));
  }
}

function itemOf({ scalar }: DescField, value: unknown): unknown {
  if (isReflectMessage(value)) return structOf(value);
  if (typeof value === 'bigint') return Number(value);
  // Bytes stand only for texts that need not be UTF-8.
  if (scalar === ScalarType.BYTES) return new TextDecoder().decode(value as Uint8Array);
  return value;
}

import {
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  create,
} from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { SandglassError } from '#base/errors.ts';
import { failure } from '#cli/command/errors.ts';
import { isObject } from '#cli/text/json.ts';
import { parseYaml } from '#kube/schema/decode.ts';

/**
 * A message out of YAML or JSON with the proto's own names, in any case, and what it does not know left
 * out: as Go's encoding/json fills the generated struct (sigs.k8s.io/yaml, Unmarshal).
 */
export function decodeMessage<T extends Message>(schema: GenMessage<T>, text: string): T {
  const message = create(schema as DescMessage) as T;
  const { value } = parseYaml(text);
  if (value === null || value === undefined) return message;
  const target = reflect(schema as DescMessage, message);
  if (!isObject(value)) throw mismatch(value, `Go value of type v1.${target.desc.name}`);
  fill(target, value, { struct: target.desc.name, path: [] });
  return message;
}

/** Where a value stands, as Go's errors name it. */
interface Place {
  struct: string;
  path: readonly string[];
}

function fill(target: ReflectMessage, object: Record<string, unknown>, place: Place): void {
  for (const [key, value] of Object.entries(object)) {
    const field =
      target.fields.find(({ name }) => name === key) ??
      target.fields.find(({ name }) => name.toLowerCase() === key.toLowerCase());
    if (!field || value === null || value === undefined) continue;
    const at = { ...place, path: [...place.path, field.name] };
    switch (field.fieldKind) {
      case 'list':
        if (!Array.isArray(value)) throw wrongType(value, `[]${typeName(field)}`, at);
        for (const item of value) target.get(field).add(itemOf(field, item, at));
        break;
      case 'map':
        if (!isObject(value)) throw wrongType(value, `map[string]${typeName(field)}`, at);
        for (const [name, item] of Object.entries(value)) {
          target.get(field).set(name, itemOf(field, item, at));
        }
        break;
      default:
        target.set(field, itemOf(field, value, at));
    }
  }
}

function itemOf(field: DescField, value: unknown, place: Place): never {
  return (
    field.message ? messageOf(field.message, value, place) : scalarOf(field, value, place)
  ) as never;
}

function messageOf(desc: DescMessage, value: unknown, place: Place): ReflectMessage {
  const target = reflect(desc);
  if (value === null || value === undefined) return target;
  if (!isObject(value)) throw wrongType(value, `v1.${desc.name}`, place);
  fill(target, value, { ...place, struct: desc.name });
  return target;
}

function scalarOf(field: DescField, value: unknown, place: Place): unknown {
  const type = typeName(field);
  const { scalar } = field;
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) {
    // What YAML takes for something else is a text where one is wanted.
    if (['string', 'number', 'bigint', 'boolean'].includes(typeof value)) {
      const text = String(value);
      return scalar === ScalarType.STRING ? text : new TextEncoder().encode(text);
    }
    throw wrongType(value, type, place);
  }
  if (scalar === ScalarType.BOOL) {
    if (typeof value === 'boolean') return value;
    throw wrongType(value, type, place);
  }
  if (value === null || value === undefined) return is64(field) ? 0n : 0;
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(value, type, place);
  if (scalar === ScalarType.FLOAT || scalar === ScalarType.DOUBLE) return Number(value);
  const isWhole = typeof value === 'bigint' || Number.isInteger(value);
  if (!isWhole || (/^u/.test(type) && value < 0)) throw wrongType(value, type, place);
  return is64(field) ? BigInt(value) : Number(value);
}

function is64({ scalar }: DescField): boolean {
  return scalar === ScalarType.INT64 || scalar === ScalarType.UINT64;
}

/** In Go's generated code. */
function typeName(field: DescField): string {
  if (field.enum) return `v1.${field.enum.name}`;
  if (field.message) return `v1.${field.message.name}`;
  switch (field.scalar) {
    case ScalarType.BOOL:
      return 'bool';
    case ScalarType.INT32:
      return 'int32';
    case ScalarType.UINT32:
      return 'uint32';
    case ScalarType.INT64:
      return 'int64';
    case ScalarType.UINT64:
      return 'uint64';
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return 'float64';
    default:
      return 'string';
  }
}

function wrongType(value: unknown, type: string, { struct, path }: Place): SandglassError {
  return mismatch(value, `Go struct field ${struct}.${path.join('.')} of type ${type}`);
}

function mismatch(value: unknown, target: string): SandglassError {
  const shown =
    typeof value === 'number' || typeof value === 'bigint'
      ? Number.isInteger(Number(value)) && Number(value) >= 0
        ? 'number'
        : `number ${value}`
      : Array.isArray(value)
        ? 'array'
        : typeof value === 'boolean'
          ? 'bool'
          : typeof value;
  return failure(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${shown} into ${target}`,
  );
}

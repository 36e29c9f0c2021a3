import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { bytesToBase64 } from '#kube/schema/base64.ts';
import type { FieldSchema, FieldType, PlainType } from '#kube/schema/definitions.ts';
import { formatMicroTime, formatTime } from '#kube/time.ts';
import { messageOf, type MessageFields } from './message.ts';

/** The object that a message stands for, as its JSON would be read. Throws what BinaryReader does. */
export function decodeMessage(definition: string, bytes: Uint8Array): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  readInto(object, messageOf(definition), bytes);
  return object;
}

function readInto(
  object: Record<string, unknown>,
  message: MessageFields,
  bytes: Uint8Array,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const slot = message.get(number);
    if (!slot) reader.skip(wireType, number);
    else if (slot.kind === 'embedded') readInto(object, slot.message, reader.bytes());
    else readField(object, slot.field, reader, wireType);
  }
}

function readField(
  object: Record<string, unknown>,
  { name, type, isPointer }: FieldSchema,
  reader: BinaryReader,
  wireType: WireType,
): void {
  if (type.kind === 'list') {
    const list = (object[name] ??= []) as unknown[];
    list.push(...readElements(type.of, reader, wireType));
  } else if (type.kind === 'map') {
    const [key, value] = readEntry(type.of, reader.bytes());
    define((object[name] ??= {}), key, value);
  } else {
    const value = readValue(type, reader);
    // Go writes the zeros of what is no pointer as well; in JSON they are absent.
    if (value !== undefined && (isPointer || !isZero(value))) object[name] = value;
  }
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

/** An own property, whatever its name: a map's keys are the sender's choice. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** Numbers may come one by one or packed into one field. */
function readElements(type: FieldType, reader: BinaryReader, wireType: WireType): unknown[] {
  const isPacked = wireType === WireType.LengthDelimited && isVarint(type);
  if (!isPacked) return [readValue(type, reader)];
  const packed = new BinaryReader(reader.bytes());
  const values: unknown[] = [];
  while (packed.pos < packed.len) values.push(readValue(type, packed));
  return values;
}

function isVarint(type: FieldType): boolean {
  return type.kind === 'plain' && ['int32', 'int64', 'bool'].includes(type.type);
}

function readEntry(type: FieldType, bytes: Uint8Array): [string, unknown] {
  const reader = new BinaryReader(bytes);
  let key = '';
  let value: unknown;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(type, reader);
    else reader.skip(wireType, number);
  }
  return [key, value];
}

function readValue(type: FieldType, reader: BinaryReader): unknown {
  switch (type.kind) {
    case 'struct':
      return decodeMessage(type.name, reader.bytes());
    case 'plain':
      return readPlain(type.type, reader);
    case 'list':
    case 'map':
      throw new Error('The API has no lists of lists or maps.');
  }
}

function readPlain(type: PlainType, reader: BinaryReader): unknown {
  switch (type) {
    case 'string':
      return reader.string();
    case 'int32':
    case 'int64':
      return Number(reader.int64());
    case 'double':
      return reader.double();
    case 'bool':
      return reader.bool();
    case 'bytes':
      return bytesToBase64(reader.bytes());
    case 'quantity':
      return numbered(reader.bytes()).text.get(1) ?? '0';
    case 'time':
    case 'microtime':
      return time(type, reader.bytes());
    case 'intstr':
      return intOrString(reader.bytes());
    case 'any':
      return raw(reader.bytes());
  }
}

interface Numbered {
  text: Map<number, string>;
  integer: Map<number, bigint>;
}

/** A message of texts and integers alone. */
function numbered(bytes: Uint8Array): Numbered {
  const reader = new BinaryReader(bytes);
  const found: Numbered = { text: new Map(), integer: new Map() };
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) found.text.set(number, reader.string());
    else if (wireType === WireType.Varint) found.integer.set(number, BigInt(reader.int64()));
    else reader.skip(wireType, number);
  }
  return found;
}

/** apimachinery, pkg/apis/meta/v1/time_proto.go: no bytes stand for no time. */
function time(type: 'time' | 'microtime', bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  const { integer } = numbered(bytes);
  const milliseconds = Number(integer.get(1) ?? 0n) * 1000;
  if (type === 'time') return formatTime(milliseconds);
  return formatMicroTime(milliseconds + Number(integer.get(2) ?? 0n) / 1e6);
}

/** apimachinery, pkg/util/intstr: type 0 is a number, 1 a text. */
function intOrString(bytes: Uint8Array): number | string {
  const { text, integer } = numbered(bytes);
  return integer.get(1) === 1n ? (text.get(3) ?? '') : Number(integer.get(2) ?? 0n);
}

/** RawExtension and FieldsV1: JSON in field 1. */
function raw(bytes: Uint8Array): unknown {
  const text = numbered(bytes).text.get(1) ?? '';
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

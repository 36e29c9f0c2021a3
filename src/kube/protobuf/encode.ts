import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { base64ToBytes } from '#kube/schema/base64.ts';
import type { FieldSchema, FieldType, PlainType } from '#kube/schema/definitions.ts';
import { parseTime } from '#kube/time.ts';
import { messageOf, type MessageFields } from './message.ts';

type Json = Readonly<Record<string, unknown>>;

/** The message that stands for an object; what the object's definition does not have is left out. */
export function encodeMessage(definition: string, object: object): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writeMessage(writer, messageOf(definition), object as Json);
  return new Uint8Array(writer.finish());
}

function writeMessage(writer: BinaryWriter, message: MessageFields, object: Json): void {
  for (const [number, slot] of message) {
    if (slot.kind === 'embedded') {
      writer.tag(number, WireType.LengthDelimited).fork();
      writeMessage(writer, slot.message, object);
      writer.join();
    } else {
      writeField(writer, number, slot.field, object[slot.field.name]);
    }
  }
}

function writeField(
  writer: BinaryWriter,
  number: number,
  { type }: FieldSchema,
  value: unknown,
): void {
  if (value === undefined || value === null) return;
  if (type.kind === 'list') {
    for (const element of value as unknown[]) writeValue(writer, number, type.of, element);
  } else if (type.kind === 'map') {
    for (const [key, element] of Object.entries(value as Json)) {
      writer.tag(number, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(key);
      writeValue(writer, 2, type.of, element);
      writer.join();
    }
  } else {
    writeValue(writer, number, type, value);
  }
}

function writeValue(writer: BinaryWriter, number: number, type: FieldType, value: unknown): void {
  switch (type.kind) {
    case 'struct':
      writer.tag(number, WireType.LengthDelimited).fork();
      writeMessage(writer, messageOf(type.name), value as Json);
      writer.join();
      return;
    case 'plain':
      writePlain(writer, number, type.type, value);
      return;
    case 'list':
    case 'map':
      throw new Error('The API has no lists of lists or maps.');
  }
}

function writePlain(writer: BinaryWriter, number: number, type: PlainType, value: unknown): void {
  switch (type) {
    case 'string':
      writer.tag(number, WireType.LengthDelimited).string(value as string);
      return;
    case 'int32':
    case 'int64':
      writer.tag(number, WireType.Varint).int64(BigInt(value as number));
      return;
    case 'double':
      writer.tag(number, WireType.Bit64).double(value as number);
      return;
    case 'bool':
      writer.tag(number, WireType.Varint).bool(value as boolean);
      return;
    case 'bytes':
      writer.tag(number, WireType.LengthDelimited).bytes(base64ToBytes(value as string));
      return;
    default:
      writer.tag(number, WireType.LengthDelimited).fork();
      writeWrapped(writer, type, value);
      writer.join();
  }
}

/** What is a plain value in JSON and a message of its own here; see decode.ts for upstream's sources. */
function writeWrapped(
  writer: BinaryWriter,
  type: Exclude<PlainType, 'string' | 'int32' | 'int64' | 'double' | 'bool' | 'bytes'>,
  value: unknown,
): void {
  const text = (number: number, content: string) =>
    writer.tag(number, WireType.LengthDelimited).string(content);
  const integer = (number: number, content: number) =>
    writer.tag(number, WireType.Varint).int64(BigInt(content));
  switch (type) {
    case 'quantity':
      // Quantities out of the store have their canonical form.
      text(1, String(value));
      return;
    case 'time':
    case 'microtime': {
      const milliseconds = parseTime(value as string) ?? 0;
      const seconds = Math.floor(milliseconds / 1000);
      integer(1, seconds);
      integer(2, Math.round((milliseconds - seconds * 1000) * 1000) * 1000);
      return;
    }
    case 'intstr':
      integer(1, typeof value === 'string' ? 1 : 0);
      integer(2, typeof value === 'string' ? 0 : (value as number));
      text(3, typeof value === 'string' ? value : '');
      return;
    case 'any':
      text(1, JSON.stringify(value));
  }
}

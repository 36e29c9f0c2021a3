import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { SandglassError } from '#base/errors.ts';
import { resourceByKind, resourceByListKind } from '#kube/resources.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/** What a message that stands by itself begins with (apimachinery, pkg/runtime/serializer/protobuf). */
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0);

interface Named {
  apiVersion?: string | undefined;
  kind?: string | undefined;
}

/** Kinds that are sent and are no resource's. */
const otherKinds = ['Status', 'DeleteOptions', 'Binding'];

/** The definition of what is sent under a kind, if there is one. */
function definitionOfKind({ apiVersion = '', kind = '' }: Named): string | undefined {
  const resource = resourceByKind(apiVersion, kind);
  if (resource) return resource.definition;
  const listed = resourceByListKind(apiVersion, kind);
  if (listed) return `${listed.definition}List`;
  return otherKinds.find((one) => one === kind);
}

/** An object in the envelope that says what it is. */
export function encodeProtobuf(object: object): Uint8Array<ArrayBuffer> {
  const { apiVersion = '', kind = '' } = object as Named;
  const definition = definitionOfKind({ apiVersion, kind });
  if (definition === undefined) throw new Error(`${kind} cannot be sent in protobuf.`);
  const writer = new BinaryWriter();
  writer.raw(magic);
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(apiVersion);
  writer.tag(2, WireType.LengthDelimited).string(kind);
  writer.join();
  writer.tag(2, WireType.LengthDelimited).bytes(encodeMessage(definition, object));
  // Encoding and type of the content are written even when they are the usual ones.
  writer.tag(3, WireType.LengthDelimited).string('');
  writer.tag(4, WireType.LengthDelimited).string('');
  return new Uint8Array(writer.finish());
}

/**
 * The object in an envelope; of an unknown kind only what it says that it is. Throws
 * `invalid-argument` with upstream's reason for what is no envelope or no message.
 */
export function decodeProtobuf(bytes: Uint8Array): Record<string, unknown> {
  if (!magic.every((byte, at) => bytes[at] === byte)) {
    const prefix = magic.join(' ');
    throw new SandglassError(
      'invalid-argument',
      `provided data does not appear to be a protobuf message, expected prefix [${prefix}]`,
    );
  }
  try {
    const { named, raw } = readEnvelope(bytes.subarray(magic.length));
    const definition = definitionOfKind(named);
    const content = definition === undefined ? {} : decodeMessage(definition, raw);
    return { ...named, ...content };
  } catch (cause) {
    // The reader's own words are about offsets and wire types.
    throw new SandglassError('invalid-argument', `proto: ${(cause as Error).message}`, { cause });
  }
}

function readEnvelope(bytes: Uint8Array): { named: Named; raw: Uint8Array } {
  const reader = new BinaryReader(bytes);
  let named: Named = {};
  let raw = new Uint8Array();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) named = readNamed(reader.bytes());
    else if (number === 2) raw = new Uint8Array(reader.bytes());
    else reader.skip(wireType, number);
  }
  return { named, raw };
}

function readNamed(bytes: Uint8Array): Named {
  const reader = new BinaryReader(bytes);
  const named: Named = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) named.apiVersion = reader.string();
    else if (number === 2) named.kind = reader.string();
    else reader.skip(wireType, number);
  }
  return named;
}

/** One event of a watch: the length in four bytes, then the WatchEvent, whose object has an envelope. */
export function encodeWatchEvent(type: string, object: object): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(type);
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).bytes(encodeProtobuf(object));
  writer.join();
  const event = writer.finish();
  const frame = new Uint8Array(4 + event.length);
  new DataView(frame.buffer).setUint32(0, event.length);
  frame.set(event, 4);
  return frame;
}

import type { ByteReader } from '#base/byte-reader.ts';

/** RFC 6455, 5.2. */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** RFC 6455, 7.4.1; those that an endpoint never sends are left out. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  messageTooBig: 1009,
} as const;

/** RFC 6455, 5.5: the longest payload of a control frame. */
export const controlPayloadMax = 125;

export interface FrameHeader {
  final: boolean;
  opcode: number;
  /** Bits of extensions, of which none is spoken here. */
  reserved: number;
  /** Bytes of payload; `NaN` if the number is none that the RFC allows. */
  length: number;
  mask: Uint8Array | undefined;
}

/** The next frame's header; `undefined` at the end of the stream. */
export async function readFrameHeader(reader: ByteReader): Promise<FrameHeader | undefined> {
  const start = await reader.tryTake(2);
  if (!start) return undefined;
  const [first = 0, second = 0] = start;
  const length = await readLength(reader, second & 0x7f);
  const mask = (second & 0x80) === 0 ? undefined : await reader.take(4);
  return {
    final: (first & 0x80) !== 0,
    reserved: first & 0x70,
    opcode: first & 0x0f,
    length,
    mask,
  };
}

/** The shortest of three forms is a must; the longest has its highest bit clear. */
async function readLength(reader: ByteReader, short: number): Promise<number> {
  if (short < 126) return short;
  if (short === 126) {
    const length = viewOf(await reader.take(2)).getUint16(0);
    return length < 126 ? NaN : length;
  }
  const long = viewOf(await reader.take(8)).getBigUint64(0);
  return long < 65_536n || long > BigInt(Number.MAX_SAFE_INTEGER) ? NaN : Number(long);
}

/** A whole frame. A client masks what it sends (RFC 6455, 5.3), each frame anew. */
export function encodeFrame(
  opcode: number,
  parts: readonly Uint8Array[],
  { masked, final = true }: { masked: boolean; final?: boolean },
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const headerLength = 2 + lengthBytes + (masked ? 4 : 0);
  const frame = new Uint8Array(headerLength + length);
  const view = viewOf(frame);
  frame[0] = (final ? 0x80 : 0) | opcode;
  const maskBit = masked ? 0x80 : 0;
  if (lengthBytes === 0) {
    frame[1] = maskBit | length;
  } else if (lengthBytes === 2) {
    frame[1] = maskBit | 126;
    view.setUint16(2, length);
  } else {
    frame[1] = maskBit | 127;
    view.setBigUint64(2, BigInt(length));
  }
  let at = headerLength;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  if (masked) {
    const mask = crypto.getRandomValues(frame.subarray(headerLength - 4, headerLength));
    applyMask(frame.subarray(headerLength), mask, 0);
  }
  return frame;
}

/** Masks or unmasks in place; `offset` is how much of the payload came before. */
export function applyMask(bytes: Uint8Array, mask: Uint8Array, offset: number): void {
  for (let i = 0; i < bytes.length; i++) {
    // Typed arrays have no holes: the index is within both.
    bytes[i] = (bytes[i] as number) ^ (mask[(offset + i) & 3] as number);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { SandglassError } from '#base/errors.ts';
import type { ByteReader } from '#base/byte-reader.ts';

/** SPDY/3.1, 2.6; the numbers also in github.com/moby/spdystream, spdy/types.go. */
export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const flags = { fin: 1, unidirectional: 2 } as const;

/** Of RST_STREAM. */
export const resetStatus = { protocolError: 1, refusedStream: 3, cancel: 5 } as const;

/** Of GOAWAY. */
export const goAwayStatus = { ok: 0, protocolError: 1 } as const;

const version = 3;
const headerLength = 8;

/** Bytes of a control frame's payload that are taken; upstream's are some hundred. */
const controlPayloadMax = 64 << 10;

export interface ControlFrame {
  kind: 'control';
  type: number;
  flags: number;
  payload: Uint8Array;
}

/** The header of a data frame; so many bytes of payload follow in the stream. */
export interface DataFrame {
  kind: 'data';
  streamId: number;
  flags: number;
  length: number;
}

/** The next frame; `undefined` at the end of the stream. */
export async function readFrame(reader: ByteReader): Promise<ControlFrame | DataFrame | undefined> {
  const header = await reader.tryTake(headerLength);
  if (!header) return undefined;
  const first = uint32At(header, 0);
  const second = uint32At(header, 4);
  const length = second & 0xff_ffff;
  const frameFlags = second >>> 24;
  if ((first & 0x8000_0000) === 0) {
    return { kind: 'data', streamId: first, flags: frameFlags, length };
  }
  if (((first >>> 16) & 0x7fff) !== version) throw violation('A frame is of another version.');
  if (length > controlPayloadMax) throw violation('A control frame is too long.');
  const payload = length === 0 ? new Uint8Array(0) : await reader.take(length);
  return { kind: 'control', type: first & 0xffff, flags: frameFlags, payload };
}

export function encodeData(streamId: number, bytes: Uint8Array, fin: boolean): Uint8Array {
  const frame = new Uint8Array(headerLength + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, streamId);
  view.setUint32(4, ((fin ? flags.fin : 0) << 24) | bytes.length);
  frame.set(bytes, headerLength);
  return frame;
}

/** A control frame whose payload is 32-bit numbers and then bytes. */
export function encodeControl(
  type: number,
  numbers: readonly number[],
  rest: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const length = numbers.length * 4 + rest.length;
  const frame = new Uint8Array(headerLength + length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, ((0x8000 | version) << 16) | type);
  view.setUint32(4, length);
  for (const [index, number] of numbers.entries()) view.setUint32(headerLength + 4 * index, number);
  frame.set(rest, headerLength + numbers.length * 4);
  return frame;
}

/** SYN_STREAM without an associated stream, of the highest priority, as upstream's are. */
export function encodeSynStream(streamId: number, headers: Uint8Array): Uint8Array {
  const payload = new Uint8Array(2 + headers.length);
  payload.set(headers, 2);
  return encodeControl(frameTypes.synStream, [streamId, 0], payload);
}

/** Where the headers stand in SYN_STREAM. */
export const synStreamHeadersAt = 10;

export function uint32At(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw violation('A control frame is too short.');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

export function violation(message: string): SandglassError {
  return new SandglassError('internal', `SPDY: ${message}`);
}

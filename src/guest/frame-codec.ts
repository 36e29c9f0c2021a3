import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { flag, frame as frameType, helloMagic, protocol } from './protocol.ts';

export interface Frame {
  type: number;
  /** The stream, or for CONTROL the code. */
  stream: number;
  channel: number;
  more: boolean;
  payload: Uint8Array;
}

/** Bytes that a frame carries at most. */
export const payloadSizeMax = protocol.frameSizeMax - protocol.headerSize;

const nothing = new Uint8Array(0);

/** One frame. Copies the payload. */
export function encodeFrame(
  type: number,
  channel: number,
  stream = 0,
  payload: Uint8Array = nothing,
  flags = 0,
): Uint8Array {
  const bytes = new Uint8Array(protocol.headerSize + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = protocol.frameMark;
  bytes[1] = type;
  bytes[2] = stream;
  bytes[3] = flags;
  view.setUint32(4, channel, true);
  view.setUint32(8, payload.length, true);
  bytes.set(payload, protocol.headerSize);
  return bytes;
}

/** One message in as many frames as it needs, which nothing may come between. */
export function encodeMessage(type: number, channel: number, payload: Uint8Array): Uint8Array {
  if (payload.length > protocol.messageSizeMax) {
    throw new SandglassError(
      'invalid-argument',
      `A request to the node agent has ${payload.length} bytes; ${protocol.messageSizeMax} are allowed. ` +
        'Are the arguments or the environment very long?',
    );
  }
  const frames: Uint8Array[] = [];
  let rest = payload;
  while (rest.length > payloadSizeMax) {
    frames.push(encodeFrame(type, channel, 0, rest.subarray(0, payloadSizeMax), flag.more));
    rest = rest.subarray(payloadSizeMax);
  }
  frames.push(encodeFrame(type, channel, 0, rest));
  return concatBytes(frames);
}

export interface Hello {
  version: number;
  session: bigint;
  /** The agent's own process. */
  pid: number;
}

export function encodeHello(session: bigint): Uint8Array {
  const payload = new Uint8Array(protocol.helloSize);
  const view = new DataView(payload.buffer);
  payload.set(new TextEncoder().encode(helloMagic));
  view.setUint32(16, protocol.version, true);
  view.setBigUint64(20, session, true);
  return encodeFrame(frameType.hello, 0, 0, payload);
}

export function decodeHello(payload: Uint8Array): Hello {
  const magic = new TextDecoder().decode(payload.subarray(0, 16));
  if (payload.length !== protocol.helloSize || magic !== helloMagic) {
    throw new SandglassError('data-loss', 'The node agent sent a greeting that is not one.');
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    version: view.getUint32(16, true),
    session: view.getBigUint64(20, true),
    pid: view.getUint32(28, true),
  };
}

/** Cuts a stream of bytes into frames. Payloads are views on what was pushed where that is possible. */
export class FrameParser {
  #rest: Uint8Array = nothing;

  /** Throws `data-loss` at a damaged header; nothing can be understood after it. */
  push(bytes: Uint8Array, onFrame: (frame: Frame) => void): void {
    let at = 0;
    let all = bytes;
    if (this.#rest.length > 0) {
      all = concatBytes([this.#rest, bytes]);
      this.#rest = nothing;
    }
    while (all.length - at >= protocol.headerSize) {
      const view = new DataView(all.buffer, all.byteOffset + at, protocol.headerSize);
      const length = view.getUint32(8, true);
      if (view.getUint8(0) !== protocol.frameMark || length > payloadSizeMax) {
        throw new SandglassError('data-loss', 'The node agent sent a frame with a damaged header.');
      }
      const start = at + protocol.headerSize;
      if (all.length - start < length) break;
      at = start + length;
      onFrame({
        type: view.getUint8(1),
        stream: view.getUint8(2),
        more: (view.getUint8(3) & flag.more) !== 0,
        channel: view.getUint32(4, true),
        payload: all.subarray(start, at),
      });
    }
    this.#rest = all.subarray(at);
  }

  /** Forgets a frame of which only a part has come. */
  reset(): void {
    this.#rest = nothing;
  }
}

import { SandglassError } from '#base/errors.ts';

/** The types of a frame (containerd/ttrpc, PROTOCOL.md). */
export const frameType = { request: 1, response: 2 } as const;

export interface TtrpcFrame {
  stream: number;
  type: number;
  flags: number;
  message: Uint8Array;
}

/** u32 length and u32 stream, big-endian, u8 type, u8 flags. */
const headerBytes = 10;
/** Upstream's messageLengthMax. */
export const messageBytesMax = 4 << 20;

/** A frame's bytes. Throws `resource-exhausted` for a message that nobody would take. */
export function encodeTtrpcFrame(frame: Omit<TtrpcFrame, 'flags'>): Uint8Array {
  const { stream, type, message } = frame;
  if (message.length > messageBytesMax) {
    throw new SandglassError(
      'resource-exhausted',
      `A call's message has ${message.length} bytes, of ${messageBytesMax} at most.`,
    );
  }
  const bytes = new Uint8Array(headerBytes + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, message.length);
  view.setUint32(4, stream);
  view.setUint8(8, type);
  bytes.set(message, headerBytes);
  return bytes;
}

/** Frames from a stream of bytes, whatever its pieces are. */
export class TtrpcFrameReader {
  readonly #onFrame: (frame: TtrpcFrame) => void;
  readonly #header = new Uint8Array(headerBytes);
  #message: Uint8Array | undefined;
  #filled = 0;

  constructor(onFrame: (frame: TtrpcFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws `internal` for what cannot be a frame; the stream is of no use then. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; ;) {
      const target = this.#message ?? this.#header;
      const part = bytes.subarray(at, at + target.length - this.#filled);
      target.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < target.length) return;
      this.#filled = 0;
      if (this.#message) this.#emit(this.#message);
      else this.#begin();
    }
  }

  #begin(): void {
    const length = new DataView(this.#header.buffer).getUint32(0);
    if (length > messageBytesMax) {
      throw new SandglassError('internal', 'What came is no frame of a call.');
    }
    this.#message = new Uint8Array(length);
  }

  #emit(message: Uint8Array): void {
    const view = new DataView(this.#header.buffer);
    this.#message = undefined;
    this.#onFrame({
      stream: view.getUint32(4),
      type: view.getUint8(8),
      flags: view.getUint8(9),
      message,
    });
  }
}

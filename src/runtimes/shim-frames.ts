import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';

/** The frames of images/guest/container-clients.h, both ways. */
export const frame = {
  attach: 'a',
  stdin: 'i',
  stdinEnd: 'e',
  resize: 'r',
  reopenLog: 'l',
  kill: 'k',
  delete: 'd',
  wait: 'w',
  stdout: 'o',
  stderr: 'E',
  acknowledgement: 'A',
  exit: 'x',
} as const;

export interface ShimFrame {
  type: string;
  payload: Uint8Array;
}

const headerSize = 8;
/** Bytes of one frame's payload. */
export const framePayloadMax = 32 << 10;

export function encodeFrame(type: string, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(headerSize + payload.length);
  bytes[0] = type.charCodeAt(0);
  new DataView(bytes.buffer).setUint32(4, payload.length, true);
  bytes.set(payload, headerSize);
  return bytes;
}

/** Two u32, or four bytes as two u16, little-endian. */
export function numbers(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Frames from a stream of bytes, whatever its chunks are. */
export class FrameReader {
  readonly #source: ByteSource;
  readonly #payloadMax: number;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource, payloadMax = framePayloadMax) {
    this.#source = source;
    this.#payloadMax = payloadMax;
  }

  /** The next frame; undefined at the end of the stream. */
  async next(signal?: AbortSignal): Promise<ShimFrame | undefined> {
    if (!(await this.#fill(headerSize, signal))) return undefined;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    const length = view.getUint32(4, true);
    if (length > this.#payloadMax) {
      throw new SandglassError('internal', 'What came is no frame.');
    }
    const type = String.fromCharCode(this.#bytes[0] ?? 0);
    if (!(await this.#fill(headerSize + length, signal))) return undefined;
    const payload = this.#bytes.subarray(headerSize, headerSize + length);
    this.#bytes = this.#bytes.subarray(headerSize + length);
    return { type, payload };
  }

  async #fill(length: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#bytes.length >= length) return true;
    const chunks = [this.#bytes];
    for (let have = this.#bytes.length; have < length;) {
      const chunk = await this.#source.read(signal);
      if (!chunk) return false;
      chunks.push(chunk);
      have += chunk.length;
    }
    this.#bytes = concatBytes(chunks);
    return true;
  }
}

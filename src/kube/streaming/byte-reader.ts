import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';

/** Cuts a stream of bytes where a protocol wants it cut. */
export class ByteReader {
  readonly #source: ByteSource;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Exactly so many bytes; `undefined` if the stream ended before the first of them. */
  async tryTake(count: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      const part = await this.#upTo(missing);
      if (!part) {
        if (missing === count) return undefined;
        throw endedEarly();
      }
      missing -= part.length;
      parts.push(part);
    }
    const [only, ...more] = parts;
    return only && more.length === 0 ? only : concatBytes(parts);
  }

  /** Exactly so many bytes. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.tryTake(count);
    if (!bytes) throw endedEarly();
    return bytes;
  }

  /** What has come, at least one byte and at most `limit`. */
  async some(limit: number): Promise<Uint8Array> {
    const bytes = await this.#upTo(limit);
    if (!bytes) throw endedEarly();
    return bytes;
  }

  async #upTo(limit: number): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) {
      const chunk = await this.#source.read();
      if (!chunk) return undefined;
      this.#rest = chunk;
    }
    const part = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}

function endedEarly(): SandglassError {
  return new SandglassError('unavailable', 'The connection ended in the middle of a message.');
}

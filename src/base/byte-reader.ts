import { type ByteSource, concatBytes } from './byte-stream.ts';
import { SandglassError } from './errors.ts';

/** Cuts a stream of bytes where a format or a protocol wants it cut. */
export class ByteReader {
  readonly #source: ByteSource;
  readonly #endedEarly: () => SandglassError;
  #rest: Uint8Array = new Uint8Array(0);

  /** `endedEarly` is what reading fails with where the source ends within what was asked for. */
  constructor(source: ByteSource, endedEarly = unexpectedEof) {
    this.#source = source;
    this.#endedEarly = endedEarly;
  }

  /** Exactly so many bytes. */
  async take(count: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.tryTake(count, signal);
    if (!bytes) throw this.#endedEarly();
    return bytes;
  }

  /** Exactly so many bytes; `undefined` if the source ended before the first of them. */
  async tryTake(count: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      const chunk = await this.tryTakeSome(missing, signal);
      if (!chunk) {
        if (missing === count) return undefined;
        throw this.#endedEarly();
      }
      chunks.push(chunk);
      missing -= chunk.length;
    }
    const [only, ...more] = chunks;
    return only && more.length === 0 ? only : concatBytes(chunks);
  }

  /** What has come, at least one byte and at most `limit`. */
  async takeSome(limit: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.tryTakeSome(limit, signal);
    if (!bytes) throw this.#endedEarly();
    return bytes;
  }

  /** What has come, at least one byte and at most `limit`; `undefined` at the end. */
  async tryTakeSome(limit: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#rest.length === 0) {
      const chunk = await this.#source.read(signal);
      if (!chunk) return undefined;
      this.#rest = chunk;
    }
    const taken = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** The first bytes without taking them; fewer if the source is shorter. */
  async peek(count: number, signal?: AbortSignal): Promise<Uint8Array> {
    while (this.#rest.length < count) {
      const chunk = await this.#source.read(signal);
      if (!chunk) break;
      this.#rest = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk]);
    }
    return this.#rest.subarray(0, count);
  }

  /** What is left, as a source. */
  remainder(): ByteSource {
    return {
      read: (signal) => this.tryTakeSome(Infinity, signal),
      cancel: () => {
        this.cancel();
      },
    };
  }

  cancel(): void {
    this.#rest = new Uint8Array(0);
    this.#source.cancel();
  }
}

function unexpectedEof(): SandglassError {
  return new SandglassError('unknown', 'unexpected EOF');
}

import { type ByteSource, concatBytes } from './byte-stream.ts';
import { SandglassError } from './errors.ts';

/** Reads a source in pieces of the reader's choice. */
export class ByteReader {
  readonly #source: ByteSource;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Exactly so many bytes, or `undefined` if the source had ended already; an end within is an error. */
  async take(count: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      const chunk = await this.takeSome(missing, signal);
      if (!chunk) break;
      chunks.push(chunk);
      missing -= chunk.length;
    }
    if (missing === 0) return chunks.length === 1 ? chunks[0] : concatBytes(chunks);
    if (missing === count) return undefined;
    throw new SandglassError('unknown', 'unexpected EOF');
  }

  /** Some bytes, at most so many; `undefined` at the end. */
  async takeSome(limit: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
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
      read: (signal) => this.takeSome(Infinity, signal),
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

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ByteSource } from '#base/byte-stream.ts';

/** The same bytes, to whoever reads them in turn; their number and digest are known when they have been read. */
export class DigestingSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #hash = sha256.create();
  readonly #onBytes: (count: number) => void;
  #length = 0;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(source: ByteSource, onBytes: (count: number) => void = () => undefined) {
    this.#source = source;
    this.#onBytes = onBytes;
  }

  /** Bytes read so far. */
  get length(): number {
    return this.#length;
  }

  read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const chunk = this.#reading.then(() => this.#read(signal));
    this.#reading = chunk.catch(() => undefined);
    return chunk;
  }

  async #read(signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const chunk = await this.#source.read(signal);
    if (chunk) {
      this.#hash.update(chunk);
      this.#length += chunk.length;
      this.#onBytes(chunk.length);
    }
    return chunk;
  }

  cancel(): void {
    this.#source.cancel();
  }

  /** Reads what is left, and gives the digest of all. Once. */
  async digest(signal?: AbortSignal): Promise<string> {
    while (await this.read(signal));
    return `sha256:${bytesToHex(this.#hash.digest())}`;
  }
}

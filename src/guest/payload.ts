import { SandglassError } from '#base/errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Puts a frame's payload together: little-endian, strings with their length and a NUL. */
export class PayloadWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: number | bigint): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Throws `invalid-argument` for what Linux could not take either: a NUL within. */
  string(value: string): this {
    if (value.includes('\0')) {
      throw new SandglassError(
        'invalid-argument',
        `${JSON.stringify(value)} contains a NUL character.`,
      );
    }
    const text = encoder.encode(value);
    return this.u32(text.length).bytes(text).bytes(new Uint8Array(1));
  }

  strings(values: readonly string[]): this {
    this.u32(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  /** Makes room, which may replace the buffer: call it before touching either view. */
  #grow(count: number): number {
    const at = this.#used;
    this.#used += count;
    if (this.#used > this.#bytes.length) {
      const longer = new Uint8Array(Math.max(this.#used, this.#bytes.length * 2));
      longer.set(this.#bytes);
      this.#bytes = longer;
      this.#view = new DataView(longer.buffer);
    }
    return at;
  }
}

/** Takes a frame's payload apart. Throws `data-loss` where it ends too early. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A u64 that is a size or a count: exact up to 8 PiB. */
  size(): number {
    return Number(this.u64());
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const length = this.u32();
    const text = decoder.decode(this.bytes(length));
    this.#take(1);
    return text;
  }

  strings(): string[] {
    return Array.from({ length: this.#count() }, () => this.string());
  }

  #count(): number {
    const count = this.u32();
    // Each string takes five bytes at least, so a damaged count cannot ask for a huge array.
    if (count > this.left / 5) throw tooShort();
    return count;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.left) throw tooShort();
    this.#at += count;
    return at;
  }
}

function tooShort(): SandglassError {
  return new SandglassError('data-loss', 'A message of the node agent ends too early.');
}

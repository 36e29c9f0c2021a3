import { SandglassError } from '#base/errors.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const letters = new TextEncoder().encode(alphabet);
const padding = 0x3d; // '='

const values = new Uint8Array(256).fill(255);
for (const [value, letter] of letters.entries()) values[letter] = value;

/** Bytes to the bytes of their base64 text, with padding. */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const letterCount = Math.min(bytes.length - i, 3) + 1;
    for (let k = 0; k < letterCount; k++) text[at + k] = letterOf(group >> (18 - 6 * k));
    at += 4;
  }
  return text;
}

function letterOf(bits: number): number {
  return letters[bits & 63] as number;
}

/** Reads base64 text that comes in pieces. */
export class Base64Decoder {
  #group = 0;
  #letters = 0;
  #isPadded = false;

  decode(text: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(((text.length + this.#letters) * 3) / 4));
    let at = 0;
    for (const letter of text) {
      const value = letter === padding ? 0 : (values[letter] ?? 255);
      const isPadding = letter === padding;
      // Padding only stands for the last one or two letters of four, and nothing follows it.
      if (value === 255 || (isPadding ? this.#letters < 2 : this.#isPadded)) throw malformed();
      const isEmpty = this.#isPadded || isPadding;
      this.#isPadded = isEmpty;
      this.#group = (this.#group << 6) | value;
      this.#letters++;
      if (this.#letters === 4) this.#letters = 0;
      if (isEmpty || this.#letters === 1) continue;
      const shift = [0, 0, 4, 2][this.#letters] ?? 0;
      bytes[at++] = (this.#group >> shift) & 255;
    }
    return bytes.subarray(0, at);
  }

  /** The text is over. */
  end(): void {
    const isWhole = this.#letters === 0;
    this.#letters = 0;
    this.#isPadded = false;
    if (!isWhole) throw malformed();
  }
}

function malformed(): SandglassError {
  return new SandglassError('invalid-argument', 'A message is not base64.');
}

import { SandglassError } from '#base/errors.ts';

export function bytesField(block: Uint8Array, at: number, length: number): Uint8Array {
  return block.subarray(at, at + length);
}

/** Up to the first NUL. */
export function textField(block: Uint8Array, at: number, length: number): string {
  const field = bytesField(block, at, length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or GNU's base 256 for what does not fit. */
export function numberField(block: Uint8Array, at: number, length: number): number {
  const [first = 0, ...rest] = bytesField(block, at, length);
  if (first & 0x80) {
    const negative = (first & 0x40) !== 0;
    const start = negative ? (first & 0x7f) - 0x80 : first & 0x7f;
    return rest.reduce((value, byte) => value * 256 + byte, start);
  }
  const text = textField(block, at, length).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) {
    throw new SandglassError('unknown', 'archive/tar: invalid tar header');
  }
  return Number.parseInt(text, 8);
}

/** The sum of the header's bytes, its own field taken for spaces. */
export function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
}

export function checksumIsRight(header: Uint8Array): boolean {
  return numberField(header, 148, 8) === checksum(header);
}

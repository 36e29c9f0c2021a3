import { describe, expect, it } from 'vitest';
import { unpackKernel, unpackLegacyLz4 } from './unpack-kernel.ts';

const magic = [0x02, 0x21, 0x4c, 0x18];
const word = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)];
/** Blocks, and the length of what they unpack to. */
const packed = (length: number, ...blocks: number[][]) =>
  Uint8Array.from([
    ...magic,
    ...blocks.flatMap((block) => [...word(block.length), ...block]),
    ...word(length),
  ]);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const codes = (letters: string) => [...new TextEncoder().encode(letters)];
/** A block of nothing but bytes as they are. */
const plain = (bytes: readonly number[]) => {
  const rest = bytes.length - 15;
  if (rest < 0) return [bytes.length << 4, ...bytes];
  const lengths = [...new Array<number>(Math.floor(rest / 255)).fill(255), rest % 255];
  return [0xf0, ...lengths, ...bytes];
};

describe('unpackLegacyLz4', () => {
  it('copies literals, and what was there before, over itself too', () => {
    // "abc", then 9 bytes from 3 back, then "!"
    const block = [0x35, ...codes('abc'), 3, 0, 0x10, ...codes('!')];
    expect(text(unpackLegacyLz4(packed(13, block)))).toBe('abcabcabcabc!');
    // 4 from 6 back, which do not overlap
    const apart = [0x60, ...codes('abcdef'), 6, 0, 0x10, ...codes('.')];
    expect(text(unpackLegacyLz4(packed(11, apart)))).toBe('abcdefabcd.');
  });

  it('knows lengths beyond 15 and beyond 270', () => {
    for (const length of [14, 15, 16, 269, 270, 271, 1000]) {
      const bytes = Array.from({ length }, (_, i) => i & 0xff);
      expect([...unpackLegacyLz4(packed(length, plain(bytes)))]).toEqual(bytes);
    }
    const run = [0x1f, 7, 1, 0, 255, 26, 0x10, 9];
    const expected = [...new Array<number>(1 + 15 + 255 + 26 + 4).fill(7), 9];
    expect([...unpackLegacyLz4(packed(expected.length, run))]).toEqual(expected);
  });

  it('goes on from block to block', () => {
    const bytes = unpackLegacyLz4(packed(6, plain(codes('one')), plain(codes('two'))));
    expect(text(bytes)).toBe('onetwo');
  });

  it.each<[string, Uint8Array]>([
    ['another format', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0)],
    ['nothing', new Uint8Array()],
    ['less than it says', packed(9, plain(codes('abc')))],
    ['more than it says', packed(2, plain(codes('abc')))],
    ['literals cut short', packed(5, [0x50, ...codes('ab')])],
    ['a copy from before the beginning', packed(8, [0x10, ...codes('a'), 2, 0, 0x10, 1])],
  ])('refuses %s', (_what, bytes) => {
    expect(() => unpackLegacyLz4(bytes)).toThrow(/LZ4/);
  });
});

/** An ELF file of one program header, in a bzImage's place. */
function kernel({ type = 1, address = 0x200000, bytes = 4 } = {}): Uint8Array {
  const elf = new Uint8Array(52 + 32 + 4);
  const view = new DataView(elf.buffer);
  elf.set([0x7f, ...codes('ELF')]);
  view.setUint32(24, 0x200040, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 1, true);
  [type, 84, 0xc0200000, address, bytes, 4096].forEach((value, i) => {
    view.setUint32(52 + 4 * i, value, true);
  });
  elf.set([1, 2, 3, 4], 84);
  const payload = packed(elf.length, plain([...elf]));
  const image = new Uint8Array(1024 + 16 + payload.length);
  const header = new DataView(image.buffer);
  header.setUint8(0x1f1, 1);
  header.setUint32(0x248, 16, true);
  header.setUint32(0x24c, payload.length, true);
  image.set(payload, 1024 + 16);
  return image;
}

describe('unpackKernel', () => {
  it('finds the parts of the kernel, where they go, and where it begins', () => {
    expect(unpackKernel(kernel())).toEqual({
      entry: 0x200040,
      segments: [{ address: 0x200000, bytes: Uint8Array.of(1, 2, 3, 4) }],
    });
    expect(unpackKernel(kernel({ type: 4 })).segments).toEqual([]);
    expect(unpackKernel(kernel({ bytes: 0 })).segments).toEqual([]);
  });

  it('refuses parts that are not in the file, or belong where the parameters are', () => {
    for (const wrong of [{ bytes: 5 }, { address: 0x10000 }]) {
      expect(() => unpackKernel(kernel(wrong))).toThrow(/cannot be entered/);
    }
  });
});

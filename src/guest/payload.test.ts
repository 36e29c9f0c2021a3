import { expect, it } from 'vitest';
import { PayloadReader, PayloadWriter } from './payload.ts';

it('reads what was written', () => {
  const long = 'é'.repeat(5000);
  const bytes = new PayloadWriter()
    .u16(0xfedc)
    .u32(0xfedc_ba98)
    .u64(0xfedc_ba98_7654_3210n)
    .string('')
    .string(long)
    .strings(['a', 'b c', ''])
    .bytes(Uint8Array.of(9))
    .finish();
  const reader = new PayloadReader(bytes);
  expect(reader.u16()).toBe(0xfedc);
  expect(reader.u32()).toBe(0xfedc_ba98);
  expect(reader.u64()).toBe(0xfedc_ba98_7654_3210n);
  expect(reader.string()).toBe('');
  expect(reader.string()).toBe(long);
  expect(reader.strings()).toEqual(['a', 'b c', '']);
  expect(reader.bytes(1)).toEqual(Uint8Array.of(9));
  expect(reader.left).toBe(0);
});

it('writes across the end of its buffer at every offset', () => {
  for (let before = 250; before < 260; before++) {
    const bytes = new PayloadWriter().bytes(new Uint8Array(before)).u32(7).u64(8).finish();
    const reader = new PayloadReader(bytes);
    reader.bytes(before);
    expect([reader.u32(), reader.size()]).toEqual([7, 8]);
  }
});

it('refuses a string that Linux could not take', () => {
  expect(() => new PayloadWriter().string('a\0b')).toThrow('"a\\u0000b" contains a NUL character.');
});

it('refuses a message that ends too early', () => {
  expect(() => new PayloadReader(Uint8Array.of(1, 2, 3)).u32()).toThrow('ends too early');
  expect(() => new PayloadReader(Uint8Array.of(9, 0, 0, 0, 65)).string()).toThrow('too early');
  const manyStrings = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0, 0);
  expect(() => new PayloadReader(manyStrings).strings()).toThrow('too early');
});

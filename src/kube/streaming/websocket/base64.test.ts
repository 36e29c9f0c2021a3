import { describe, expect, it } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import { randomBytes } from '#kube/streaming/testing.ts';
import { Base64Decoder, encodeBase64 } from './base64.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('base64', () => {
  // RFC 4648, 10
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('writes and reads "%s" as in the RFC', (plain, encoded) => {
    expect(encodeBase64(ascii(plain))).toEqual(ascii(encoded));
    const decoder = new Base64Decoder();
    expect(decoder.decode(ascii(encoded))).toEqual(ascii(plain));
    expect(() => decoder.end()).not.toThrow();
  });

  it('reads all bytes, wherever the text is cut', () => {
    const bytes = randomBytes(256, 1);
    const text = encodeBase64(bytes);
    expect(Buffer.from(text).toString()).toBe(Buffer.from(bytes).toString('base64'));
    for (let at = 0; at <= text.length; at++) {
      const decoder = new Base64Decoder();
      const parts = [decoder.decode(text.subarray(0, at)), decoder.decode(text.subarray(at))];
      decoder.end();
      expect(concatBytes(parts)).toEqual(bytes);
    }
  });

  it.each(['Zm9', 'Zm9v!', 'Z===', '=', 'Zg==Zg==', 'Zg=x', 'Zm 9v', 'Zm9v\n'])(
    'refuses "%s"',
    (text) => {
      const decoder = new Base64Decoder();
      const read = () => {
        decoder.decode(ascii(text));
        decoder.end();
      };
      expect(read).toThrow('A message is not base64.');
    },
  );
});

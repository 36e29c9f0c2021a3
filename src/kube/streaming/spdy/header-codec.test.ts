import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { headerDictionary } from './dictionary.ts';
import { HeaderDecoder, HeaderEncoder } from './header-codec.ts';

/** RFC 1950, 8.2. */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

/** Name and value pairs as SPDY/3 has them. */
function block(...fields: string[]): Buffer {
  const parts = fields.map((field) => {
    const content = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, content]);
  });
  const count = Buffer.alloc(4);
  count.writeUInt32BE(fields.length / 2);
  return Buffer.concat([count, ...parts]);
}

/** What a stream of Node's own zlib makes of some bytes, flushed but not ended. */
async function through(stream: Deflate | Inflate, bytes: Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const collect = (chunk: Buffer) => chunks.push(chunk);
  stream.on('data', collect);
  await new Promise((resolve) => stream.write(bytes, resolve));
  await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, resolve));
  stream.off('data', collect);
  return Buffer.concat(chunks);
}

describe('the headers of SPDY', () => {
  it('have the dictionary of the specification', () => {
    expect(headerDictionary.length).toBe(1423);
    // What zlib streams name the dictionary by.
    expect(adler32(headerDictionary).toString(16)).toBe('e3c6a7c2');
  });

  it('are written so that zlib reads them, frame after frame', async () => {
    const inflate = createInflate({ dictionary: headerDictionary });
    const encoder = new HeaderEncoder();
    const first = await through(inflate, encoder.encode(new Headers({ StreamType: 'error' })));
    expect(first).toEqual(block('streamtype', 'error'));
    const second = encoder.encode(new Headers({ streamtype: 'data', port: '80' }));
    expect(await through(inflate, second)).toEqual(block('port', '80', 'streamtype', 'data'));
    expect(await through(inflate, encoder.encode(new Headers()))).toEqual(block());
  });

  it('are read as zlib writes them, frame after frame', async () => {
    const deflate = createDeflate({ dictionary: headerDictionary, level: 9 });
    const decoder = new HeaderDecoder();
    const first = decoder.decode(await through(deflate, block('streamtype', 'error')));
    expect([...first]).toEqual([['streamtype', 'error']]);
    const second = decoder.decode(await through(deflate, block('port', '80', 'x', 'a\0b')));
    expect([...second]).toEqual([
      ['port', '80'],
      ['x', 'a, b'],
    ]);
  });

  it.each([
    ['end too early', block('name', 'value').subarray(0, -1)],
    ['end too early', block('name', 'value').subarray(0, 3)],
    ['end too early', Buffer.from('ffffffff', 'hex')],
    ['end too early', Buffer.from('00000001ffffffff', 'hex')],
    ['have a name or value that HTTP does not allow', block('na me', 'value')],
    ['have a name or value that HTTP does not allow', block('name', 'a\nb')],
    ['are too long', block('name', 'x'.repeat(1 << 20))],
  ])('that %s are refused', async (why, content) => {
    const deflate = createDeflate({ dictionary: headerDictionary });
    const compressed = await through(deflate, content);
    expect(() => new HeaderDecoder().decode(compressed)).toThrow(why);
  });

  it('that are not zlib, or of another dictionary, are refused', async () => {
    expect(() => new HeaderDecoder().decode(Buffer.from('no zlib'))).toThrow('decompressed');
    const foreign = createDeflate({ dictionary: Buffer.from('another') });
    const compressed = await through(foreign, block('name', 'value'));
    expect(() => new HeaderDecoder().decode(compressed)).toThrow('decompressed');
  });
});

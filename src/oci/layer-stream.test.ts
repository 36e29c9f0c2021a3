import { describe, expect, it } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import { encodeRecord, recordOf, sendLayer } from './layer-stream.ts';
import type { TarHeader } from '#base/tar/entry.ts';
import { writeTar } from '#base/tar/writer.ts';
import { sourceOf } from './testing/fake-registry.ts';

const header: TarHeader = {
  path: 'etc/passwd',
  type: 'file',
  mode: 0o640,
  uid: 1,
  gid: 2,
  mtime: { seconds: -1, nanoseconds: 5 },
  size: 3,
  target: '',
  major: 0,
  minor: 0,
  xattrs: new Map(),
};

describe('recordOf', () => {
  it.each([
    ['etc/.wh.passwd', { kind: 'whiteout', path: 'etc/passwd' }],
    ['.wh.etc', { kind: 'whiteout', path: 'etc' }],
    ['var/lib/.wh..wh..opq', { kind: 'opaque', path: 'var/lib' }],
    ['.wh..wh..opq', { kind: 'opaque', path: '' }],
    ['etc/.whatever', { kind: 'file', path: 'etc/.whatever' }],
  ])('%s', (path, record) => {
    expect(recordOf({ ...header, path })).toMatchObject(record);
  });

  it("leaves AUFS's own files out", () => {
    expect(recordOf({ ...header, path: '.wh..wh.plnk/12.34' })).toMatchObject({ kind: 'file' });
    expect(recordOf({ ...header, path: '.wh..wh.aufs' })).toBeUndefined();
  });
});

it('encodeRecord lays a record out as the unpacking program reads it', () => {
  const bytes = encodeRecord({
    ...header,
    kind: 'file',
    target: 'to',
    major: 7,
    minor: 8,
    xattrs: new Map([['user.a', new Uint8Array([9])]]),
  });
  const view = new DataView(bytes.buffer);
  expect(bytes[0]).toBe('f'.charCodeAt(0));
  const words = Array.from({ length: 9 }, (_, i) => view.getUint32(4 + 4 * i, true));
  expect(words).toEqual([0o640, 1, 2, 7, 8, 5, 10, 2, 11]);
  expect(view.getBigInt64(40, true)).toBe(-1n);
  expect(view.getBigUint64(48, true)).toBe(3n);
  expect(new TextDecoder().decode(bytes.subarray(56, 68))).toBe('etc/passwdto');
  expect([...bytes.subarray(68, 72)]).toEqual([6, 0, 1, 0]);
  expect(bytes.length).toBe(56 + 10 + 2 + 11);
});

it('sendLayer ends a whole layer with a record that says so, and a damaged one without', async () => {
  const send = async (archive: Uint8Array) => {
    const chunks: Uint8Array[] = [];
    const sink = {
      write: (bytes: Uint8Array) => (chunks.push(bytes), Promise.resolve()),
      end: () => undefined,
    };
    const error = await sendLayer(sourceOf(archive), sink).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { sent: concatBytes(chunks), error };
  };
  const archive = writeTar([{ path: 'a', data: 'x'.repeat(100_000) }, { path: '.wh.b' }]);
  const whole = await send(archive);
  expect(whole.error).toBeUndefined();
  const ends = [...whole.sent.subarray(-56)].map((byte) => String.fromCharCode(byte));
  expect(ends[0]).toBe('e');
  expect(whole.sent.length).toBe(57 + 100_000 + 57 + 56);

  const cut = await send(archive.subarray(0, 90_000));
  expect(cut.error).toMatchObject({ message: 'archive/tar: unexpected EOF' });
  expect(cut.sent.length).toBeLessThan(90_000);
});

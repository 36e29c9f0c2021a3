import { describe, expect, it } from 'vitest';
import { type ByteSource, readAllText } from '#base/byte-stream.ts';
import { blockBytes } from './entry.ts';
import { checksum } from './fields.ts';
import { formatPax, parsePax, paxTime } from './pax.ts';
import { readTar } from './reader.ts';
import { type TarMember, writeTar } from './writer.ts';

function sourceOf(bytes: Uint8Array, chunk = 1000): ByteSource {
  let at = 0;
  return {
    read() {
      const piece = bytes.subarray(at, at + chunk);
      at += piece.length;
      return Promise.resolve(piece.length === 0 ? undefined : piece);
    },
    cancel: () => undefined,
  };
}

async function members(archive: Uint8Array, chunk?: number) {
  const found = [];
  for await (const { contents, ...header } of readTar(sourceOf(archive, chunk))) {
    found.push({ ...header, text: await readAllText(contents) });
  }
  return found;
}

/** The blocks of one member, with a header field set to other bytes and its checksum put right. */
function patched(member: TarMember, at: number, bytes: readonly number[]): Uint8Array {
  const archive = writeTar([member]);
  const header = archive.subarray(0, blockBytes);
  header.set(bytes, at);
  header.set(new TextEncoder().encode(`${checksum(header).toString(8).padStart(6, '0')}\0 `), 148);
  return archive;
}

const ascii = (text: string) => [...new TextEncoder().encode(text)];

describe('readTar', () => {
  it.each([1, 511, 513, 1 << 20])(
    'reads what writeTar writes, in pieces of %d bytes',
    async (chunk) => {
      const long = `${'directory/'.repeat(30)}file`;
      const archive = writeTar([
        { path: 'bin', type: 'directory', mode: 0o755, mtime: { seconds: 7, nanoseconds: 0 } },
        { path: 'bin/sh', mode: 0o4755, uid: 1000, gid: 50, data: 'x'.repeat(600) },
        { path: long, data: 'deep', xattrs: new Map([['user.a', new Uint8Array([0, 10, 255])]]) },
        { path: 'link', type: 'symlink', target: `/${'t'.repeat(120)}` },
        { path: 'hard', type: 'hardlink', target: 'bin/sh' },
        { path: 'null', type: 'character', major: 1, minor: 3 },
      ]);
      const found = await members(archive, chunk);
      expect(found.map(({ path, type }) => `${type} ${path}`)).toEqual([
        'directory bin',
        'file bin/sh',
        `file ${long}`,
        'symlink link',
        'hardlink hard',
        'character null',
      ]);
      expect(found[0]).toMatchObject({ mode: 0o755, mtime: { seconds: 7 } });
      expect(found[1]).toMatchObject({ mode: 0o4755, uid: 1000, gid: 50, text: 'x'.repeat(600) });
      expect(found[2]?.xattrs.get('user.a')).toEqual(new Uint8Array([0, 10, 255]));
      expect(found[2]?.text).toBe('deep');
      expect(found[3]?.target).toBe(`/${'t'.repeat(120)}`);
      expect(found[4]?.target).toBe('bin/sh');
      expect(found[5]).toMatchObject({ major: 1, minor: 3 });
    },
  );

  it('skips the contents that nobody reads', async () => {
    const paths = [];
    const archive = writeTar([{ path: 'a', data: 'x'.repeat(5000) }, { path: 'b' }]);
    for await (const { path } of readTar(sourceOf(archive))) paths.push(path);
    expect(paths).toEqual(['a', 'b']);
  });

  it("takes GNU's long names and large numbers", async () => {
    const name = 'n'.repeat(150);
    const longName = patched({ path: '././@LongLink', data: `${name}\0` }, 156, ascii('L'));
    const file = patched(
      { path: 'short', data: 'text' },
      108,
      [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff],
    );
    const archive = new Uint8Array([...longName.subarray(0, 2 * blockBytes), ...file]);
    const [found] = await members(archive);
    expect(found).toMatchObject({ path: name, uid: 0x7fffffff, text: 'text' });
  });

  it.each([
    ['../../etc/passwd', 'etc/passwd'],
    ['/abs/./file', 'abs/file'],
    ['./', ''],
  ])('leads no path out of the root: %s', async (path, within) => {
    const [found] = await members(writeTar([{ path }]));
    expect(found?.path).toBe(within);
  });

  it('notices an archive cut short, in a file or behind it, and one that is none', async () => {
    const archive = writeTar([{ path: 'a', data: 'x'.repeat(5000) }]);
    for (const length of [3000, blockBytes + 5000]) {
      const cut = members(archive.subarray(0, length));
      await expect(cut).rejects.toThrow('archive/tar: unexpected EOF');
    }
    await expect(members(new Uint8Array(512).fill(65))).rejects.toThrow(
      'archive/tar: invalid tar header',
    );
    const damaged = writeTar([{ path: 'a' }]);
    damaged[0] = 66;
    await expect(members(damaged)).rejects.toThrow('archive/tar: invalid tar header');
  });

  it('refuses a sparse file rather than unpack its holes away', async () => {
    await expect(members(patched({ path: 'a' }, 156, ascii('S')))).rejects.toThrow('sparse');
  });
});

describe('pax records', () => {
  it.each([1, 3, 90, 91, 92, 985, 986, 987])('keep a value of %d bytes', (length) => {
    const records = new Map([['key', new Uint8Array(length).fill(0x0a)]]);
    expect(parsePax(formatPax(records))).toEqual(records);
  });

  it.each(['5 a=b\n', 'x a=b\n', '6 a=b', '3 a\n'])('that are damaged are refused: %j', (text) => {
    expect(() => parsePax(new TextEncoder().encode(text))).toThrow('invalid tar header');
  });

  it.each([
    ['12', 12, 0],
    ['12.5', 12, 500_000_000],
    ['-1.25', -2, 750_000_000],
  ])('say the time %s', (text, seconds, nanoseconds) => {
    expect(paxTime(text)).toEqual({ seconds, nanoseconds });
  });
});

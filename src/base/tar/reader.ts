import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { ByteReader } from '#base/byte-reader.ts';
import { type TarEntry, type TarHeader, type TarType, blockBytes, typeFlags } from './entry.ts';
import { bytesField, checksumIsRight, numberField, textField } from './fields.ts';
import { type PaxRecords, paxTime, parsePax } from './pax.ts';

/** Of a header that describes the next member; a longer one is no header but an attack. */
const extensionLimit = 1 << 20;

const types = new Map<string, TarType>(
  Object.entries(typeFlags).map(([type, flag]) => [flag, type as TarType]),
);
// POSIX: the old NUL, and contiguous files, are regular files.
types.set('\0', 'file').set('7', 'file');

/** What extension headers say of the member that follows them. */
interface Extensions {
  pax: PaxRecords;
  longPath?: string;
  longTarget?: string;
}

/** Members of a tar archive as they come: ustar, pax and GNU, as archivers of images write them. */
export async function* readTar(source: ByteSource, signal?: AbortSignal): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source, () => damaged('unexpected EOF'));
  let globals: PaxRecords = new Map();
  let extensions: Extensions = { pax: new Map() };
  for (;;) {
    const header = await reader.tryTake(blockBytes, signal);
    if (!header || isEnd(header)) break;
    if (!checksumIsRight(header)) throw damaged('invalid tar header');
    const flag = String.fromCharCode(header[156] ?? 0);
    if ('xgLK'.includes(flag)) {
      const bytes = await takePadded(reader, numberField(header, 124, 12), signal);
      if (flag === 'g') globals = new Map([...globals, ...parsePax(bytes)]);
      else extensions = extend(extensions, flag, bytes);
      continue;
    }
    const entry = headerOf(header, flag, {
      ...extensions,
      pax: new Map([...globals, ...extensions.pax]),
    });
    extensions = { pax: new Map() };
    const contents = new Contents(reader, entry.size);
    yield { ...entry, contents };
    await contents.skip(signal);
  }
  // Blocks of zeros follow, and count for the archive's digest.
  while (await reader.tryTakeSome(Infinity, signal));
}

/** The contents of one member within the archive. */
class Contents implements ByteSource {
  readonly #reader: ByteReader;
  readonly #padding: number;
  #left: number;

  constructor(reader: ByteReader, size: number) {
    this.#reader = reader;
    this.#left = size;
    this.#padding = paddingOf(size);
  }

  async read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    const chunk = await this.#reader.takeSome(this.#left, signal);
    this.#left -= chunk.length;
    return chunk;
  }

  cancel(): void {
    // The reader of the archive skips what is left.
  }

  async skip(signal: AbortSignal | undefined): Promise<void> {
    while (await this.read(signal));
    if (this.#padding > 0) await this.#reader.take(this.#padding, signal);
  }
}

function isEnd(header: Uint8Array): boolean {
  return header.every((byte) => byte === 0);
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

async function takePadded(
  reader: ByteReader,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (size > extensionLimit) throw damaged('invalid tar header');
  return (await reader.take(size + paddingOf(size), signal)).subarray(0, size);
}

function extend(extensions: Extensions, flag: string, bytes: Uint8Array): Extensions {
  if (flag === 'x') return { ...extensions, pax: parsePax(bytes) };
  const text = textField(bytes, 0, bytes.length);
  return flag === 'L' ? { ...extensions, longPath: text } : { ...extensions, longTarget: text };
}

function headerOf(header: Uint8Array, flag: string, extensions: Extensions): TarHeader {
  const { pax, longPath, longTarget } = extensions;
  const text = (key: string) => {
    const value = pax.get(key);
    return value && new TextDecoder().decode(value);
  };
  const number = (key: string, at: number, length: number) => {
    const value = text(key);
    return value === undefined ? numberField(header, at, length) : Number(value);
  };
  if (pax.has('GNU.sparse.major') || flag === 'S') {
    throw new SandglassError('unimplemented', 'A tar archive holds a sparse file.');
  }
  const type = types.get(flag);
  if (!type) throw damaged(`unhandled tar header type ${header[156] ?? 0}`);
  const path = text('path') ?? longPath ?? pathField(header);
  const target = text('linkpath') ?? longTarget ?? textField(header, 157, 100);
  const time = text('mtime');
  // An old archiver's file with a slash at its end is a directory.
  const actual = type === 'file' && path.endsWith('/') ? 'directory' : type;
  return {
    path: tidy(path),
    type: actual,
    mode: numberField(header, 100, 8) & 0o7777,
    uid: number('uid', 108, 8),
    gid: number('gid', 116, 8),
    mtime:
      time === undefined
        ? { seconds: numberField(header, 136, 12), nanoseconds: 0 }
        : paxTime(time),
    size: actual === 'file' ? number('size', 124, 12) : 0,
    target: actual === 'hardlink' ? tidy(target) : target,
    major: numberField(header, 329, 8),
    minor: numberField(header, 337, 8),
    xattrs: xattrsOf(pax),
  };
}

/** POSIX splits a long path in two; GNU keeps times where the first part would be. */
function pathField(header: Uint8Array): string {
  const name = textField(header, 0, 100);
  const isPosix = bytesField(header, 257, 6).every((byte, i) => byte === 'ustar\0'.charCodeAt(i));
  const prefix = isPosix ? textField(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

const xattrPrefix = 'SCHILY.xattr.';

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [key, value] of pax) {
    if (key.startsWith(xattrPrefix)) found.set(key.slice(xattrPrefix.length), value);
  }
  return found;
}

/** As a path within the archive's root, which nothing leads out of. */
function tidy(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function damaged(what: string): SandglassError {
  return new SandglassError('unknown', `archive/tar: ${what}`);
}

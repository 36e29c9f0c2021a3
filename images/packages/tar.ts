import { SandglassError } from '#base/errors.ts';

/** A member of an archive, as far as Debian packages use the format. */
export interface TarEntry {
  /** Without a leading `./` or `/` and without a trailing slash; the root itself is ''. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly data: Uint8Array;
  /** Of a symlink as it stands; of a hard link a path like `path`. */
  readonly target: string;
}

const blockBytes = 512;
const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};

/** Reads a tar archive of the GNU kind, which is what dpkg-deb(1) --fsys-tarfile writes. */
export function* readTar(archive: Uint8Array): Generator<TarEntry> {
  let longPath: string | undefined;
  let longTarget: string | undefined;
  for (let at = 0; at + blockBytes <= archive.length;) {
    const header = archive.subarray(at, at + blockBytes);
    if (header.every((byte) => byte === 0)) return;
    const bytes = octal(header, 124, 12);
    const data = archive.subarray(at + blockBytes, at + blockBytes + bytes);
    if (data.length < bytes) throw damaged();
    at += blockBytes + Math.ceil(bytes / blockBytes) * blockBytes;
    const flag = String.fromCharCode(header[156] ?? 0);
    // GNU's long names: a pseudo member before the real one
    if (flag === 'L') longPath = text(data, 0, bytes);
    else if (flag === 'K') longTarget = text(data, 0, bytes);
    else {
      const type = types[flag];
      if (!type) throw new SandglassError('unimplemented', `A tar member has the type '${flag}'.`);
      const target = longTarget ?? text(header, 157, 100);
      yield {
        path: tidy(longPath ?? text(header, 0, 100)),
        type,
        mode: octal(header, 100, 8) & 0o7777,
        mtime: octal(header, 136, 12),
        data,
        target: type === 'hardlink' ? tidy(target) : target,
      };
      longPath = longTarget = undefined;
    }
  }
}

function tidy(path: string): string {
  return path
    .replace(/^(\.?\/)+/, '')
    .replace(/^\.$/, '')
    .replace(/\/+$/, '');
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, at: number, length: number): number {
  const value = Number.parseInt(text(header, at, length).trim() || '0', 8);
  if (Number.isNaN(value)) throw damaged();
  return value;
}

function damaged(): SandglassError {
  return new SandglassError('data-loss', 'A package holds a damaged tar archive.');
}

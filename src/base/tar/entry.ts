import type { ByteSource } from '#base/byte-stream.ts';

export type TarType =
  'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';

/** A member of an archive, without its contents. */
export interface TarHeader {
  /** Without a leading `./` or `/` and without a trailing slash; the root itself is ''. */
  readonly path: string;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Since 1970. */
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
  /** Bytes of contents. */
  readonly size: number;
  /** Of a symlink as it stands; of a hard link a path like `path`. */
  readonly target: string;
  /** Of a device. */
  readonly major: number;
  readonly minor: number;
  /** Extended attributes by name. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export interface TarEntry extends TarHeader {
  /** To be read before the next entry is asked for; what is left then is skipped. */
  readonly contents: ByteSource;
}

export const blockBytes = 512;

export const typeFlags: Readonly<Record<TarType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

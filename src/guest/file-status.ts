import type { PayloadReader } from './payload.ts';

export type FileType =
  'file' | 'directory' | 'symlink' | 'pipe' | 'socket' | 'block-device' | 'character-device';

/** What stat(2) says of a file. */
export interface FileStatus {
  type: FileType;
  /** Permissions with set-uid, set-gid and sticky bit: the lower 12 bits. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  inode: bigint;
  device: bigint;
  /** Bytes. */
  size: number;
  /** Bytes that it takes on its disk. */
  allocated: number;
  /** Of a device. */
  major: number;
  minor: number;
  /** Milliseconds since 1970. */
  accessed: number;
  modified: number;
  changed: number;
}

export interface DirectoryEntry extends FileStatus {
  name: string;
}

/** S_IFMT's values, inode(7). */
const types = new Map<number, FileType>([
  [0o14, 'socket'],
  [0o12, 'symlink'],
  [0o10, 'file'],
  [0o06, 'block-device'],
  [0o04, 'directory'],
  [0o02, 'character-device'],
  [0o01, 'pipe'],
]);

/** images/guest/agent/stat-record.h */
export function readFileStatus(reader: PayloadReader): FileStatus {
  const mode = reader.u32();
  return {
    type: types.get(mode >>> 12) ?? 'file',
    mode: mode & 0o7777,
    uid: reader.u32(),
    gid: reader.u32(),
    links: reader.u32(),
    inode: reader.u64(),
    device: reader.u64(),
    size: reader.size(),
    allocated: reader.size() * 512,
    major: reader.u32(),
    minor: reader.u32(),
    accessed: readTime(reader),
    modified: readTime(reader),
    changed: readTime(reader),
  };
}

function readTime(reader: PayloadReader): number {
  const seconds = Number(BigInt.asIntN(64, reader.u64()));
  return seconds * 1000 + reader.u32() / 1e6;
}

import { type ByteSource, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Channel } from './channel.ts';
import { type DirectoryEntry, type FileStatus, readFileStatus } from './file-status.ts';
import {
  type FileWriter,
  type ReadOptions,
  type WriteOptions,
  closingSource,
  writeFlags,
  writerOver,
} from './file-streams.ts';
import { resolveGuestPath } from './guest-path.ts';
import type { Link } from './link.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import { file, kind } from './protocol.ts';

/** All that the guest sends on a channel that only reads. */
async function recordsOf(channel: Channel, signal?: AbortSignal): Promise<PayloadReader> {
  const source = channel.incoming(0);
  try {
    await channel.reply;
    return new PayloadReader(await readAllBytes(source, signal));
  } finally {
    channel.close();
  }
}

/** Whose files: the root directory of a process, with its mounts, and where relative paths start. */
export interface FilesView {
  rootOf?: number;
  directory?: string;
}

/** The highest offset that a file can have. */
const everything = 0x7fff_ffff_ffff_ffffn;

/** The guest's files. */
export class GuestFiles {
  readonly #link: Link;
  readonly #root: number;
  readonly #directory: string;

  constructor(link: Link, { rootOf = 0, directory = '/' }: FilesView = {}) {
    this.#link = link;
    this.#root = rootOf;
    this.#directory = directory;
  }

  /** The files as a process sees them, or from another directory. */
  at({ rootOf = this.#root, directory = '/' }: FilesView): GuestFiles {
    return new GuestFiles(this.#link, {
      rootOf,
      directory: resolveGuestPath(this.#directory, directory),
    });
  }

  /** Opens a regular file or a device; the size is what stat(2) says, 0 in /proc. */
  async openRead(
    path: string,
    { offset = 0, length, signal }: ReadOptions = {},
  ): Promise<{ size: number; source: ByteSource }> {
    const payload = new PayloadWriter()
      .u32(this.#root)
      .u64(offset)
      .u64(length ?? everything)
      .string(this.#absolute(path));
    const channel = this.#link.open(kind.readFile, payload, {
      attempt: `Cannot read ${path}`,
      signal,
    });
    const source = closingSource(channel, channel.incoming(0));
    return { size: (await channel.reply).size(), source };
  }

  async read(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
    const { source } = await this.openRead(path, options);
    try {
      return await readAllBytes(source, options.signal);
    } finally {
      source.cancel();
    }
  }

  /** As UTF-8. */
  async readText(path: string, options?: ReadOptions): Promise<string> {
    return new TextDecoder().decode(await this.read(path, options));
  }

  async openWrite(path: string, options: WriteOptions = {}): Promise<FileWriter> {
    const attempt = `Cannot write ${path}`;
    const payload = new PayloadWriter()
      .u32(this.#root)
      .u32(writeFlags(path, options))
      .u32(options.mode ?? 0o644)
      .u64(options.offset ?? 0)
      .string(this.#absolute(path));
    const { signal } = options;
    const channel = this.#link.open(kind.writeFile, payload, { attempt, signal });
    const writer = writerOver(channel, attempt);
    await channel.reply;
    return writer;
  }

  async write(path: string, content: Uint8Array | string, options?: WriteOptions): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const writer = await this.openWrite(path, options);
    try {
      await writer.sink.write(bytes, options?.signal);
      await writer.finish();
    } finally {
      writer.cancel();
    }
  }

  /** Follows symbolic links. */
  async stat(path: string, signal?: AbortSignal): Promise<FileStatus> {
    return readFileStatus(
      await this.#operate(file.stat, path, `Cannot look at ${path}`, { signal }),
    );
  }

  /** Of a symbolic link itself. */
  async lstat(path: string, signal?: AbortSignal): Promise<FileStatus> {
    return readFileStatus(
      await this.#operate(file.lstat, path, `Cannot look at ${path}`, { signal }),
    );
  }

  /** Whether the path leads to something; other failures than its absence reject. */
  async exists(path: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.stat(path, signal);
      return true;
    } catch (error) {
      if (error instanceof SandglassError && error.code === 'not-found') return false;
      if (error instanceof SandglassError && error.errno === 'ENOTDIR') return false;
      throw error;
    }
  }

  /** The entries of a directory with their status, by name. */
  async list(path: string, signal?: AbortSignal): Promise<DirectoryEntry[]> {
    const payload = new PayloadWriter().u32(this.#root).string(this.#absolute(path));
    const attempt = `Cannot list ${path}`;
    const channel = this.#link.open(kind.listDirectory, payload, { attempt, signal });
    const records = await recordsOf(channel, signal);
    const entries: DirectoryEntry[] = [];
    while (records.left > 0) {
      const status = readFileStatus(records);
      entries.push({ name: records.string(), ...status });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** With `parents`, missing directories above too, and no error if it exists. */
  async makeDirectory(
    path: string,
    {
      parents = false,
      mode = 0o755,
      signal,
    }: { parents?: boolean; mode?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    const attempt = `Cannot make the directory ${path}`;
    await this.#operate(file.makeDirectory, path, attempt, { a: mode, b: parents ? 1 : 0, signal });
  }

  /** A file or an empty directory; with `recursive` all that is in it, but nothing of another mount. */
  async remove(
    path: string,
    {
      recursive = false,
      missing = 'fail',
      signal,
    }: { recursive?: boolean; missing?: 'fail' | 'ignore'; signal?: AbortSignal } = {},
  ): Promise<void> {
    try {
      const attempt = `Cannot remove ${path}`;
      await this.#operate(file.remove, path, attempt, { a: recursive ? 1 : 0, signal });
    } catch (error) {
      const absent = error instanceof SandglassError && error.errno === 'ENOENT';
      if (!absent || missing === 'fail') throw error;
    }
  }

  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const other = this.#absolute(to);
    await this.#operate(file.rename, from, `Cannot rename ${from} to ${to}`, { other, signal });
  }

  async symlink(path: string, target: string, signal?: AbortSignal): Promise<void> {
    const attempt = `Cannot make the link ${path}`;
    await this.#operate(file.symlink, path, attempt, { other: target, signal });
  }

  async readLink(path: string, signal?: AbortSignal): Promise<string> {
    const attempt = `Cannot read the link ${path}`;
    return (await this.#operate(file.readlink, path, attempt, { signal })).string();
  }

  async changeMode(path: string, mode: number, signal?: AbortSignal): Promise<void> {
    const attempt = `Cannot change the mode of ${path}`;
    await this.#operate(file.chmod, path, attempt, { a: mode, signal });
  }

  /** Of a symbolic link itself with `follow: false`. */
  async changeOwner(
    path: string,
    owner: { uid: number; gid: number },
    { follow = true, signal }: { follow?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    const attempt = `Cannot change the owner of ${path}`;
    const numbers = { a: owner.uid, b: owner.gid, c: follow ? 0 : 1 };
    await this.#operate(file.chown, path, attempt, { ...numbers, signal });
  }

  async truncate(path: string, length = 0, signal?: AbortSignal): Promise<void> {
    const numbers = { a: length >>> 0, b: Math.floor(length / 2 ** 32) };
    await this.#operate(file.truncate, path, `Cannot cut ${path}`, { ...numbers, signal });
  }

  #absolute(path: string): string {
    return resolveGuestPath(this.#directory, path);
  }

  #operate(
    operation: number,
    path: string,
    attempt: string,
    options: {
      a?: number;
      b?: number;
      c?: number;
      other?: string;
      signal: AbortSignal | undefined;
    },
  ): Promise<PayloadReader> {
    const { a = 0, b = 0, c = 0, other = '', signal } = options;
    const payload = new PayloadWriter()
      .u32(operation)
      .u32(this.#root)
      .u32(a)
      .u32(b)
      .u32(c)
      .string(this.#absolute(path))
      .string(other);
    return this.#link.request(kind.fileOperation, payload, { attempt, signal });
  }
}

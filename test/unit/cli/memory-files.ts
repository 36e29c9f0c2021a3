import { readAllBytes, type ByteSource } from '#base/byte-stream.ts';
import { ByteQueue } from '#base/byte-queue.ts';
import { SandglassError } from '#base/errors.ts';
import type { DirectoryEntry, Files, FileStatus } from '#cli/ports.ts';
import { baseName, resolvePath } from '#cli/text/io.ts';

interface Entry {
  status: FileStatus;
  bytes: Uint8Array;
  /** Of a symbolic link. */
  target: string;
}

/** A caller's files, in memory. */
export class MemoryFiles implements Files {
  readonly #entries = new Map<string, Entry>();
  readonly #directory: string;
  #inodes = 0n;

  constructor(directory = '/') {
    this.#directory = directory;
    this.#put('/', 'directory');
  }

  async openRead(path: string): Promise<{ size: number; source: ByteSource }> {
    const bytes = await this.read(path);
    return { size: bytes.length, source: sourceOf(bytes) };
  }

  async read(
    path: string,
    { offset = 0, length = Infinity }: { offset?: number; length?: number } = {},
  ): Promise<Uint8Array> {
    const { status, bytes } = await this.#find(path);
    if (status.type === 'directory')
      throw failure('EISDIR', `Cannot read ${path}: is a directory.`);
    return bytes.subarray(offset, offset + length);
  }

  text(path: string): Promise<string> {
    return this.read(path).then((bytes) => new TextDecoder().decode(bytes));
  }

  async openWrite(path: string, { mode = 0o644 }: { mode?: number } = {}) {
    const queue = new ByteQueue({ capacity: 1 << 26 });
    return Promise.resolve({
      sink: queue,
      finish: async () => {
        queue.end();
        await this.write(path, await readAllBytes(queue), { mode });
      },
      cancel: () => undefined,
    });
  }

  write(
    path: string,
    content: Uint8Array | string,
    { mode = 0o644 }: { mode?: number } = {},
  ): Promise<void> {
    const full = resolvePath(this.#directory, path);
    for (let at = full.lastIndexOf('/'); at > 0; at = full.lastIndexOf('/', at - 1)) {
      if (!this.#entries.has(full.slice(0, at))) this.#put(full.slice(0, at), 'directory');
    }
    const bytes =
      typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
    this.#put(full, 'file', { bytes, mode });
    return Promise.resolve();
  }

  stat(path: string): Promise<FileStatus> {
    return this.lstat(path);
  }

  async lstat(path: string): Promise<FileStatus> {
    return (await this.#find(path)).status;
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    await this.#find(path);
    const prefix = `${resolvePath(this.#directory, path)}/`.replace('//', '/');
    return [...this.#entries]
      .filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
      .filter(([name]) => !name.slice(prefix.length).includes('/'))
      .map(([name, { status }]) => ({ name: baseName(name), ...status }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  makeDirectory(path: string): Promise<void> {
    this.#put(resolvePath(this.#directory, path), 'directory');
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    this.#entries.delete(resolvePath(this.#directory, path));
    return Promise.resolve();
  }

  symlink(path: string, target: string): Promise<void> {
    this.#put(resolvePath(this.#directory, path), 'symlink', { target });
    return Promise.resolve();
  }

  async readLink(path: string): Promise<string> {
    return (await this.#find(path)).target;
  }

  #put(
    path: string,
    type: string,
    { bytes = new Uint8Array(), mode = 0o755, target = '' } = {},
  ): void {
    const status = {
      type,
      mode,
      uid: 0,
      gid: 0,
      size: bytes.length,
      modified: 0,
      inode: ++this.#inodes,
    };
    this.#entries.set(path, { status, bytes, target });
  }

  #find(path: string): Promise<Entry> {
    const entry = this.#entries.get(resolvePath(this.#directory, path));
    if (entry) return Promise.resolve(entry);
    const message = `Cannot open ${path}: no such file or directory.`;
    return Promise.reject(new SandglassError('not-found', message, { errno: 'ENOENT' }));
  }
}

function failure(errno: string, message: string): SandglassError {
  return new SandglassError('failed-precondition', message, { errno });
}

export function sourceOf(bytes: Uint8Array): ByteSource {
  const queue = new ByteQueue({ capacity: Math.max(1, bytes.length) });
  queue.push(bytes);
  queue.end();
  return queue;
}

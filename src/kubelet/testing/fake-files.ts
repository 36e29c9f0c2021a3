import { type ErrorCode, SandglassError } from '#base/errors.ts';
import type { NodeFileStatus, NodeFiles } from '#kubelet/ports.ts';

type Entry =
  | { type: 'file'; data: Uint8Array; mode: number; uid: number; gid: number; inode: bigint }
  | { type: 'directory'; mode: number; uid: number; gid: number; inode: bigint }
  | { type: 'symlink'; target: string; mode: number; uid: number; gid: number; inode: bigint };

/** A node's files in memory. Links are followed, as the kernel does; cgroups are ordinary directories. */
export class FakeFiles implements NodeFiles {
  readonly entries = new Map<string, Entry>([['/', directory(0n)]]);
  #inode = 1n;

  constructor() {
    for (const path of ['/etc', '/var/lib', '/sys/fs/cgroup']) this.#makeParents(`${path}/x`);
    this.put('/etc/hosts', '127.0.0.1\tlocalhost\n');
    this.put('/etc/resolv.conf', 'nameserver 192.168.0.1\nsearch lan\n');
    this.put('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io memory pids\n');
  }

  put(path: string, content: string): void {
    this.#makeParents(path);
    this.entries.set(path, this.#file(new TextEncoder().encode(content)));
  }

  text(path: string): string {
    const entry = this.#follow(path);
    if (entry.type !== 'file') throw failure('EISDIR', path);
    return new TextDecoder().decode(entry.data);
  }

  names(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.entries.keys()]
      .filter(
        (name) =>
          name.startsWith(prefix) && name !== path && !name.slice(prefix.length).includes('/'),
      )
      .map((name) => name.slice(prefix.length))
      .sort();
  }

  read(
    path: string,
    { offset = 0, length = Infinity }: { offset?: number; length?: number } = {},
  ): Promise<Uint8Array> {
    return attempt(() => {
      const entry = this.#follow(path);
      if (entry.type !== 'file') throw failure('EISDIR', path);
      return entry.data.slice(offset, offset + length);
    });
  }

  readText(path: string): Promise<string> {
    return attempt(() => this.text(path));
  }

  write(
    path: string,
    content: Uint8Array | string,
    { mode = 0o644 }: { mode?: number } = {},
  ): Promise<void> {
    return attempt(() => {
      const real = this.#resolve(path);
      const data =
        typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
      const before = this.entries.get(real);
      if (before?.type === 'directory') throw failure('EISDIR', path);
      if (!this.entries.has(parentOf(real))) throw failure('ENOENT', path);
      this.entries.set(
        real,
        before?.type === 'file' ? { ...before, data } : { ...this.#file(data), mode },
      );
    });
  }

  stat(path: string): Promise<NodeFileStatus> {
    return attempt(() => statusOf(this.#follow(path)));
  }

  lstat(path: string): Promise<NodeFileStatus> {
    return attempt(() => {
      const entry = this.entries.get(
        this.#resolve(parentOf(path)) + path.slice(path.lastIndexOf('/')),
      );
      if (!entry) throw failure('ENOENT', path);
      return statusOf(entry);
    });
  }

  exists(path: string): Promise<boolean> {
    return attempt(() => this.entries.has(this.#resolve(path)));
  }

  list(path: string): Promise<(NodeFileStatus & { name: string })[]> {
    return attempt(() => {
      if (this.#follow(path).type !== 'directory') throw failure('ENOTDIR', path);
      const real = this.#resolve(path);
      return this.names(real).flatMap((name) => {
        const entry = this.entries.get(real === '/' ? `/${name}` : `${real}/${name}`);
        return entry ? [{ name, ...statusOf(entry) }] : [];
      });
    });
  }

  makeDirectory(
    path: string,
    { parents = false, mode = 0o755 }: { parents?: boolean; mode?: number } = {},
  ): Promise<void> {
    return attempt(() => {
      if (this.entries.has(path)) {
        if (parents) return;
        throw failure('EEXIST', path);
      }
      if (parents) this.#makeParents(path);
      if (!this.entries.has(parentOf(path))) throw failure('ENOENT', path);
      this.entries.set(path, { ...directory(this.#inode++), mode });
    });
  }

  remove(
    path: string,
    {
      recursive = false,
      missing = 'fail',
    }: { recursive?: boolean; missing?: 'fail' | 'ignore' } = {},
  ): Promise<void> {
    return attempt(() => {
      if (!this.entries.has(path)) {
        if (missing === 'ignore') return;
        throw failure('ENOENT', path);
      }
      const below = [...this.entries.keys()].filter((name) => name.startsWith(`${path}/`));
      // A cgroup's own files go with it.
      const isCgroup = path.startsWith('/sys/fs/cgroup');
      const blocking = below.filter(
        (name) => !isCgroup || this.entries.get(name)?.type === 'directory',
      );
      if (blocking.length > 0 && !recursive) throw failure('ENOTEMPTY', path);
      for (const name of [path, ...below]) this.entries.delete(name);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return attempt(() => {
      const entry = this.entries.get(from);
      if (!entry) throw failure('ENOENT', from);
      this.entries.delete(from);
      this.entries.set(to, entry);
    });
  }

  symlink(path: string, target: string): Promise<void> {
    return attempt(() => {
      if (this.entries.has(path)) throw failure('EEXIST', path);
      this.entries.set(path, {
        type: 'symlink',
        target,
        mode: 0o777,
        uid: 0,
        gid: 0,
        inode: this.#inode++,
      });
    });
  }

  readLink(path: string): Promise<string> {
    return attempt(() => {
      const entry = this.entries.get(path);
      if (!entry) throw failure('ENOENT', path);
      if (entry.type !== 'symlink') throw failure('EINVAL', path);
      return entry.target;
    });
  }

  changeMode(path: string, mode: number): Promise<void> {
    return attempt(() => {
      this.#follow(path).mode = mode;
    });
  }

  changeOwner(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
    return attempt(() => {
      Object.assign(this.#follow(path), { uid, gid });
    });
  }

  #file(data: Uint8Array): Entry & { type: 'file' } {
    return { type: 'file', data, mode: 0o644, uid: 0, gid: 0, inode: this.#inode++ };
  }

  #makeParents(path: string): void {
    const parts = path.split('/').slice(1, -1);
    for (let length = 1; length <= parts.length; length++) {
      const parent = `/${parts.slice(0, length).join('/')}`;
      if (!this.entries.has(parent)) this.entries.set(parent, directory(this.#inode++));
    }
  }

  #follow(path: string): Entry {
    const entry = this.entries.get(this.#resolve(path));
    if (!entry) throw failure('ENOENT', path);
    return entry;
  }

  /** Without links; what is missing stays as it is. */
  #resolve(path: string): string {
    const pending = path.split('/').filter((part) => part !== '');
    let resolved = '';
    for (let steps = 0; pending.length > 0; steps++) {
      if (steps > 100) throw failure('ELOOP', path);
      const part = pending.shift() ?? '';
      if (part === '..') {
        resolved = resolved.slice(0, resolved.lastIndexOf('/'));
        continue;
      }
      const entry = this.entries.get(`${resolved}/${part}`);
      if (entry?.type === 'symlink') {
        if (entry.target.startsWith('/')) resolved = '';
        pending.unshift(...entry.target.split('/').filter((name) => name !== ''));
      } else {
        resolved = `${resolved}/${part}`;
      }
    }
    return resolved === '' ? '/' : resolved;
  }
}

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  EEXIST: 'already-exists',
  ENOTEMPTY: 'failed-precondition',
  ECONNREFUSED: 'unavailable',
};

export function failure(errno: string, what: string): SandglassError {
  return new SandglassError(codes[errno] ?? 'invalid-argument', `${what}: ${errno}`, { errno });
}

function attempt<T>(run: () => T): Promise<T> {
  return Promise.resolve().then(run);
}

function directory(inode: bigint): Entry {
  return { type: 'directory', mode: 0o755, uid: 0, gid: 0, inode };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function statusOf(entry: Entry): NodeFileStatus {
  const { type, mode, uid, gid, inode } = entry;
  const size = entry.type === 'file' ? entry.data.length : 0;
  return { type, mode, uid, gid, size, allocated: size, inode, modified: 0 };
}

import { SandglassError } from '#base/errors.ts';
import type { TarEntry } from '../packages/tar.ts';

interface NodeBase {
  /** Permission bits, set-user-id and the like included. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

export type FileNode = NodeBase & { readonly type: 'file'; readonly data: Uint8Array };
export type TreeNode =
  | FileNode
  | (NodeBase & { readonly type: 'directory' })
  | (NodeBase & { readonly type: 'symlink'; readonly target: string })
  | (NodeBase & {
      readonly type: 'character device';
      readonly major: number;
      readonly minor: number;
    });

/** Debian 12 is merged-/usr; its packages still name the old paths. */
const merged = ['bin', 'sbin', 'lib'];

/**
 * A root file system that exists in memory only: by path without a leading slash, everything owned
 * by root. Building it needs neither root nor a disk that knows Linux's permissions.
 */
export class Tree {
  readonly #nodes = new Map<string, TreeNode>();

  constructor() {
    for (const name of merged) {
      this.#nodes.set(name, { type: 'symlink', mode: 0o777, mtime: 0, target: `usr/${name}` });
    }
  }

  /** Sorted by path, so that a folder comes before what is in it. */
  *entries(): Generator<[path: string, node: TreeNode]> {
    for (const path of [...this.#nodes.keys()].sort()) {
      const node = this.#nodes.get(path);
      if (node) yield [path, node];
    }
  }

  get(path: string): TreeNode | undefined {
    return this.#nodes.get(place(path));
  }

  /** The file or folder that a path leads to, all symlinks followed. */
  resolve(path: string, depth = 0): [path: string, node: TreeNode] | undefined {
    if (depth > 40) return undefined;
    let at = '';
    const parts = place(path).split('/');
    for (const [i, part] of parts.entries()) {
      if (part === '' || part === '.') continue;
      at = part === '..' ? parentOf(at) : at === '' ? part : `${at}/${part}`;
      if (at === '') continue;
      const node = this.#nodes.get(at);
      if (!node) return undefined;
      if (node.type === 'symlink') {
        const base = node.target.startsWith('/') ? '' : parentOf(at);
        return this.resolve([base, node.target, ...parts.slice(i + 1)].join('/'), depth + 1);
      }
    }
    const node = this.#nodes.get(at);
    return node && [at, node];
  }

  /** Adds or replaces. Missing folders above it appear with mode 755. */
  set(path: string, node: TreeNode): void {
    const at = place(path);
    const above = parentOf(at);
    if (above !== '') {
      const parent = this.#nodes.get(above);
      if (!parent) this.set(above, { type: 'directory', mode: 0o755, mtime: node.mtime });
      else if (parent.type !== 'directory') {
        throw new SandglassError('internal', `/${above}, above /${at}, is no folder.`);
      }
    }
    this.#nodes.set(at, node);
  }

  delete(path: string): void {
    this.#nodes.delete(place(path));
  }

  /** Adds a package's member. Hard links become files of the same contents. */
  add(entry: TarEntry): void {
    const at = place(entry.path);
    const { mode, mtime } = entry;
    if (entry.type === 'directory') {
      if (at !== '' && !merged.includes(at)) this.set(at, { type: 'directory', mode, mtime });
    } else if (entry.type === 'symlink') {
      this.set(at, { type: 'symlink', mode: 0o777, mtime, target: entry.target });
    } else if (entry.type === 'hardlink') {
      const node = this.get(entry.target);
      if (!node) throw new SandglassError('internal', `/${at} is a link to a missing file.`);
      this.set(at, node);
    } else {
      this.set(at, { type: 'file', mode, mtime, data: entry.data });
    }
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function place(path: string): string {
  const tidy = path.replace(/^\/+/, '').replace(/\/{2,}/g, '/');
  return merged.some((name) => tidy.startsWith(`${name}/`)) ? `usr/${tidy}` : tidy;
}

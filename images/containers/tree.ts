import type { TarMember } from '#base/tar/writer.ts';
import { Tree, type TreeNode } from '../rootfs/tree.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The files of a layer: a tree, and who owns what is not root's. */
export class LayerTree {
  readonly tree = new Tree();
  /** Names for files of the tree, by their paths. */
  readonly #hardlinks = new Map<string, string>();
  readonly #owners = new Map<string, Owner>();
  readonly #mtime: number;

  /** Files of our own are as old as `mtime`. */
  constructor(mtime: number) {
    this.#mtime = mtime;
  }

  folder(path: string, mode = 0o755, owner?: Owner): this {
    return this.#set(path, { type: 'directory', mode, mtime: this.#mtime }, owner);
  }

  file(path: string, data: Uint8Array | string, mode = 0o644, owner?: Owner): this {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    return this.#set(path, { type: 'file', mode, mtime: this.#mtime, data: bytes }, owner);
  }

  symlink(path: string, target: string): this {
    return this.#set(path, { type: 'symlink', mode: 0o777, mtime: this.#mtime, target });
  }

  /** Another name for a file of this layer. */
  hardlink(path: string, target: string): this {
    this.#hardlinks.set(path, target);
    return this;
  }

  /** As a tar archive has them, sorted by path, hard links last; lower layers have what is left out. */
  members(below: readonly LayerTree[] = []): TarMember[] {
    const entries = [...this.tree.entries()];
    const hasChildren = (path: string) => entries.some(([other]) => other.startsWith(`${path}/`));
    const nodes = entries
      .filter(([path, node]) => {
        if (node.type === 'file' || (node.type === 'directory' && hasChildren(path))) return true;
        // the links of a merged /usr, in a layer that has none
        if (node.type === 'symlink' && node.target === `usr/${path}` && !hasChildren('usr'))
          return false;
        return !below.some((layer) => layer.#has(path, node, this.#owners.get(path)));
      })
      .map(([path, node]) => memberOf(path, node, this.#owners.get(path)));
    return [...nodes, ...this.#links()];
  }

  #links(): TarMember[] {
    return [...this.#hardlinks].sort().map(([path, target]) => {
      const node = this.tree.get(target);
      if (node?.type !== 'file')
        throw new Error(`${path} is a link to ${target}, which is no file`);
      const owner = this.#owners.get(target) ?? { uid: 0, gid: 0 };
      const mtime = { seconds: node.mtime, nanoseconds: 0 };
      return { path, mode: node.mode, ...owner, mtime, type: 'hardlink', target };
    });
  }

  #set(path: string, node: TreeNode, owner?: Owner): this {
    this.tree.set(path, node);
    if (owner) this.#owners.set(path, owner);
    return this;
  }

  #has(path: string, node: TreeNode, owner: Owner | undefined): boolean {
    const own = this.tree.get(path);
    if (own?.type !== node.type || own.mode !== node.mode) return false;
    if (this.#owners.get(path)?.uid !== owner?.uid) return false;
    if (own.type === 'symlink' && node.type === 'symlink') return own.target === node.target;
    return own.type === 'directory';
  }
}

function memberOf(path: string, node: TreeNode, owner: Owner = { uid: 0, gid: 0 }): TarMember {
  const { mode, mtime } = node;
  const common = { path, mode, ...owner, mtime: { seconds: mtime, nanoseconds: 0 } };
  switch (node.type) {
    case 'file':
      return { ...common, type: 'file', data: node.data };
    case 'directory':
      return { ...common, type: 'directory' };
    case 'symlink':
      return { ...common, type: 'symlink', target: node.target };
    case 'character device':
      return { ...common, type: 'character', major: node.major, minor: node.minor };
  }
}

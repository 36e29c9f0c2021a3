import type { TarMember } from '#base/tar/writer.ts';
import { Tree, type TreeNode } from '../rootfs/tree.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The files of a layer: a tree, and who owns what is not root's. */
export class LayerTree {
  readonly tree = new Tree();
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

  /** As a tar archive has them, sorted by path; lower layers have what is left out. */
  members(below: readonly LayerTree[] = []): TarMember[] {
    const entries = [...this.tree.entries()];
    const hasChildren = (path: string) => entries.some(([other]) => other.startsWith(`${path}/`));
    return entries
      .filter(([path, node]) => {
        if (node.type === 'file' || (node.type === 'directory' && hasChildren(path))) return true;
        // the links of a merged /usr, in a layer that has none
        if (node.type === 'symlink' && node.target === `usr/${path}` && !hasChildren('usr'))
          return false;
        return !below.some((layer) => layer.#has(path, node, this.#owners.get(path)));
      })
      .map(([path, node]) => memberOf(path, node, this.#owners.get(path)));
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

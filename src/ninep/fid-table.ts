import { errno } from '#abi/errno.ts';
import { SandglassError } from '#base/errors.ts';
import type { TreeNode } from './file-tree.ts';
import { Refusal } from './refusal.ts';

export interface Fid {
  node: TreeNode;
  opened: boolean;
  /** When a read through it was last given up, in milliseconds of the clock. */
  givenUpAt?: number;
}

/** A fid as a snapshot keeps it: its number, the path it stands for, whether it is open. */
export type SavedFid = [fid: number, path: string, opened: boolean];

/** The handles that a client holds, by the numbers it chose for them (intro(5), "Fids"). */
export class FidTable {
  readonly #root: TreeNode;
  readonly #fids = new Map<number, Fid>();

  constructor(root: TreeNode) {
    this.#root = root;
  }

  /** Throws EBADF where there is none. */
  get(number: number): Fid {
    const fid = this.#fids.get(number);
    if (!fid) throw new Refusal(errno.EBADF);
    return fid;
  }

  set(number: number, node: TreeNode): void {
    this.#fids.set(number, { node, opened: false });
  }

  delete(number: number): void {
    this.#fids.delete(number);
  }

  clear(): void {
    this.#fids.clear();
  }

  save(): SavedFid[] {
    return [...this.#fids].map(([number, { node, opened }]) => [number, node.path, opened]);
  }

  /** Takes up the table of a snapshot. Throws `data-loss` if the tree lacks one of its paths. */
  restore(saved: readonly SavedFid[]): void {
    this.#fids.clear();
    for (const [number, path, opened] of saved) {
      this.#fids.set(number, { node: this.#resolve(path), opened });
    }
  }

  #resolve(path: string): TreeNode {
    let node = this.#root;
    for (const name of path.split('/').filter(Boolean)) {
      const child = node.children.get(name);
      if (!child) {
        throw new SandglassError(
          'data-loss',
          `The snapshot has ${path} open, which the file archive lacks.`,
        );
      }
      node = child;
    }
    return node;
  }
}

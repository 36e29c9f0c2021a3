import { SandglassError } from '#base/errors.ts';
import { FileServer, type SavedFid } from '#ninep/file-server.ts';
import type { TreeEntry, TreeNode } from '#ninep/file-tree.ts';
import type { GuestAsset } from './guest-manifest.ts';

/**
 * Bytes of fetched files kept for further reads. The guest's page cache keeps what it has read,
 * so this only has to cover the one or two files that are being read.
 */
const keptBytes = 48 << 20;

export interface SavedArchive {
  maxMessage: number;
  fids: SavedFid[];
}

/** Whole, verified contents of one of the archive's files. */
export type FetchFile = (file: GuestAsset) => Promise<Uint8Array>;

/** The large files of the node, over 9P, each fetched from the site when it is first read. */
export class NodeArchive {
  readonly server: FileServer;
  readonly #fetch: FetchFile;
  /** Being fetched, by digest: readers of the same file share one fetch. */
  readonly #fetching = new Map<string, Promise<Uint8Array>>();
  /** By digest, least recently used first. */
  readonly #kept = new Map<string, Uint8Array>();
  #total = 0;

  constructor(tree: TreeEntry, fetch: FetchFile) {
    this.#fetch = fetch;
    this.server = new FileServer(tree, (node) => this.#content(node));
  }

  async #content({ entry, path }: TreeNode): Promise<Uint8Array> {
    if (entry.type !== 'file') {
      throw new SandglassError('internal', `${path} is no file and has no content.`);
    }
    const { sha256, bytes } = entry;
    const kept = this.#kept.get(sha256);
    if (kept) {
      this.#kept.delete(sha256);
      this.#kept.set(sha256, kept);
      return kept;
    }
    let fetching = this.#fetching.get(sha256);
    if (!fetching) {
      const asset = { name: path, path: `files/${sha256}`, bytes, sha256 };
      fetching = this.#fetch(asset);
      this.#fetching.set(sha256, fetching);
      fetching.then(
        (content) => this.#keep(sha256, content),
        // The next read tries again.
        () => this.#fetching.delete(sha256),
      );
    }
    return fetching;
  }

  #keep(sha256: string, content: Uint8Array): void {
    this.#fetching.delete(sha256);
    this.#kept.set(sha256, content);
    this.#total += content.length;
    for (const [digest, { length }] of this.#kept) {
      if (this.#total <= keptBytes || digest === sha256) break;
      this.#kept.delete(digest);
      this.#total -= length;
    }
  }
}

import type { Clock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { SavedFid } from '#ninep/fid-table.ts';
import { FileServer } from '#ninep/file-server.ts';
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

/** Whole, verified contents of one of the archive's files. The signal fires when nobody waits for them any more. */
export type FetchFile = (file: GuestAsset, signal: AbortSignal) => Promise<Uint8Array>;

/** A file that could not be fetched: its readers in the guest got EIO. */
export interface FileFailure {
  path: string;
  error: SandglassError;
}

interface Fetching {
  content: Promise<Uint8Array>;
  /** Reads of the guest that wait for it and were not flushed. */
  readers: number;
  abort: AbortController;
}

/** The large files of the node, over 9P, each fetched from the site when it is first read. */
export class NodeArchive {
  readonly server: FileServer;
  /** Told once a fetch, however many reads waited for it. */
  readonly failures = new Emitter<FileFailure>();
  readonly #tree: TreeEntry;
  readonly #fetch: FetchFile;
  /** Being fetched, by digest: readers of the same file share one fetch. */
  readonly #fetching = new Map<string, Fetching>();
  /** By digest, least recently used first. */
  readonly #kept = new Map<string, Uint8Array>();
  #total = 0;

  constructor(tree: TreeEntry, fetch: FetchFile, clock: Clock) {
    this.#tree = tree;
    this.#fetch = fetch;
    this.server = new FileServer(tree, (node, signal) => this.#read(node, signal), clock);
  }

  /** Every file there is to fetch. */
  files(): GuestAsset[] {
    return filesOf(this.#tree, '');
  }

  async #read({ entry, path }: TreeNode, signal?: AbortSignal): Promise<Uint8Array> {
    if (entry.type !== 'file') {
      throw new SandglassError('internal', `${path} is no file and has no content.`);
    }
    return this.#content(assetOf(entry, path), signal);
  }

  async #content(file: GuestAsset, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const kept = this.#kept.get(file.sha256);
    if (kept) {
      this.#kept.delete(file.sha256);
      this.#kept.set(file.sha256, kept);
      return kept;
    }
    throwIfCancelled(signal);
    const fetching = this.#fetching.get(file.sha256) ?? this.#begin(file);
    fetching.readers += 1;
    signal?.addEventListener('abort', () => this.#leave(file.sha256, fetching), { once: true });
    return fetching.content;
  }

  #begin(asset: GuestAsset): Fetching {
    const abort = new AbortController();
    const content = this.#fetch(asset, abort.signal);
    const fetching: Fetching = { content, readers: 0, abort };
    this.#fetching.set(asset.sha256, fetching);
    content.then(
      (bytes) => {
        this.#forget(asset.sha256, fetching);
        this.#keep(asset.sha256, bytes);
      },
      (error: unknown) => {
        // The next read tries again.
        this.#forget(asset.sha256, fetching);
        if (abort.signal.aborted) return;
        this.failures.emit({ path: asset.name, error: asSandglassError(error) });
      },
    );
    return fetching;
  }

  /** A read was given up; the last one takes the fetch along, so that another try begins afresh. */
  #leave(sha256: string, fetching: Fetching): void {
    fetching.readers -= 1;
    if (fetching.readers > 0) return;
    this.#forget(sha256, fetching);
    fetching.abort.abort(
      new SandglassError('cancelled', 'Nobody in the guest waits for the file any more.'),
    );
  }

  #forget(sha256: string, fetching: Fetching): void {
    if (this.#fetching.get(sha256) === fetching) this.#fetching.delete(sha256);
  }

  #keep(sha256: string, content: Uint8Array): void {
    // A fetch that was given up too late to end may come second.
    if (this.#kept.has(sha256)) return;
    this.#kept.set(sha256, content);
    this.#total += content.length;
    for (const [digest, { length }] of this.#kept) {
      if (this.#total <= keptBytes || digest === sha256) break;
      this.#kept.delete(digest);
      this.#total -= length;
    }
  }
}

function assetOf({ sha256, bytes }: Extract<TreeEntry, { type: 'file' }>, name: string) {
  return { name, path: `files/${sha256}`, bytes, sha256 };
}

function filesOf(entry: TreeEntry, path: string): GuestAsset[] {
  if (entry.type === 'file') return [assetOf(entry, path)];
  if (entry.type === 'symlink') return [];
  return Object.entries(entry.entries).flatMap(([name, child]) =>
    filesOf(child, `${path}/${name}`),
  );
}

import type { ByteSource } from '#base/byte-stream.ts';
import { asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { decompressed } from './decompress.ts';
import { DigestingSource } from './digesting-source.ts';
import { sendLayer } from './layer-stream.ts';
import type { NodeDisk } from './ports.ts';
import { SharedWork } from './shared-work.ts';

/** A layer that has been unpacked, and what its blob turned out to be. */
export interface UnpackedLayer {
  /** The digest of its plain contents, by which it is kept. */
  diffId: string;
  /** Of the blob as it came. */
  digest: string;
  size: number;
}

/** What is found wrong with a layer is thrown. */
export interface LayerChecks {
  /** The blob as it came. */
  blob: (actual: { digest: string; size: number }) => void;
  /** What it holds, before it is taken in. */
  layer: (layer: UnpackedLayer) => void;
}

const noChecks: LayerChecks = { blob: () => undefined, layer: () => undefined };

/** Names of directories that are being filled. */
const draftPrefix = 'incoming-';

/**
 * Unpacked layers on the node, each by the digest of its plain contents, so that images share them. A
 * layer appears by a rename when it is whole and checked. Unlike containerd's, it is unpacked without
 * those below it: their symbolic links do not lead its paths elsewhere.
 */
export class LayerStore {
  readonly #disk: NodeDisk;
  readonly #root: string;
  readonly #known = new Set<string>();
  readonly #leases = new Map<string, number>();
  readonly #work = new SharedWork<UnpackedLayer, number>();
  #drafts = 0;

  constructor(disk: NodeDisk, root: string) {
    this.#disk = disk;
    this.#root = root;
  }

  /** Takes up what an earlier life left; what it left half done is removed. */
  async load(): Promise<void> {
    await this.#disk.makeDirectory(this.#root);
    for (const name of await this.#disk.list(this.#root)) {
      if (/^[0-9a-f]{64}$/.test(name)) this.#known.add(`sha256:${name}`);
      else await this.#disk.remove(`${this.#root}/${name}`);
    }
  }

  has(diffId: string): boolean {
    return this.#known.has(diffId);
  }

  directoryOf(diffId: string): string {
    return `${this.#root}/${diffId.replace('sha256:', '')}`;
  }

  /** Keeps layers, whether they are there yet or not, until the lease is given back. */
  lease(diffIds: Iterable<string>): () => void {
    const leased = [...diffIds];
    for (const id of leased) this.#leases.set(id, (this.#leases.get(id) ?? 0) + 1);
    return () => {
      for (const id of leased.splice(0)) {
        const count = (this.#leases.get(id) ?? 0) - 1;
        if (count > 0) this.#leases.set(id, count);
        else this.#leases.delete(id);
      }
    };
  }

  /**
   * Makes sure of a layer. Callers that want the same one share the work; `onProgress` is told the bytes
   * of the blob that have come.
   */
  async ensure(
    diffId: string,
    open: (signal: AbortSignal) => Promise<ByteSource>,
    checks: LayerChecks,
    options: { signal?: AbortSignal | undefined; onProgress?: (bytes: number) => void } = {},
  ): Promise<void> {
    if (this.has(diffId)) return;
    const unpack = (signal: AbortSignal, report: (bytes: number) => void) =>
      this.#unpack(() => open(signal), { checks, signal, report });
    await this.#work.run(diffId, unpack, options);
  }

  /** Unpacks a layer of which nothing is known yet. */
  add(blob: ByteSource, signal?: AbortSignal): Promise<UnpackedLayer> {
    return this.#unpack(() => Promise.resolve(blob), { signal });
  }

  /** The layers that neither `wanted` names nor a lease keeps. */
  unwanted(wanted: ReadonlySet<string>): string[] {
    return [...this.#known].filter((id) => !wanted.has(id) && !this.#leases.has(id));
  }

  /** Removes the layers that nobody wants. */
  async keepOnly(wanted: ReadonlySet<string>): Promise<void> {
    for (const id of this.unwanted(wanted)) {
      this.#known.delete(id);
      // Out of the way at once, so that the same layer can come again meanwhile.
      const draft = this.#newDraft();
      await this.#disk.rename(this.directoryOf(id), draft);
      await this.#disk.remove(draft);
    }
  }

  async #unpack(
    open: () => Promise<ByteSource>,
    {
      checks = noChecks,
      report = () => undefined,
      signal,
    }: {
      checks?: LayerChecks;
      report?: (bytes: number) => void;
      signal: AbortSignal | undefined;
    },
  ): Promise<UnpackedLayer> {
    const draft = this.#newDraft();
    await this.#disk.makeDirectory(draft);
    try {
      const blob = await open();
      const compressed = new DigestingSource(blob, () => {
        report(compressed.length);
      });
      const layer = await this.#unpackInto(draft, compressed, checks, signal).finally(() => {
        blob.cancel();
      });
      checks.layer(layer);
      throwIfCancelled(signal);
      if (!this.has(layer.diffId)) {
        await this.#disk.rename(draft, this.directoryOf(layer.diffId));
        this.#known.add(layer.diffId);
      }
      return layer;
    } finally {
      await this.#disk.remove(draft);
    }
  }

  /** containerd takes in the whole blob before it unpacks any: what is wrong with that is told first here too. */
  async #unpackInto(
    directory: string,
    compressed: DigestingSource,
    checks: LayerChecks,
    signal: AbortSignal | undefined,
  ): Promise<UnpackedLayer> {
    const checkedBlob = async () => {
      const digest = await compressed.digest(signal);
      const blob = { digest, size: compressed.length };
      checks.blob(blob);
      return blob;
    };
    let diffId: string;
    try {
      const contents = new DigestingSource(await decompressed(uncancelled(compressed), signal));
      await this.#fill(directory, contents, signal);
      diffId = await contents.digest(signal);
    } catch (error) {
      throwIfCancelled(signal);
      if (checks !== noChecks) await checkedBlob();
      throw error;
    }
    return { diffId, ...(await checkedBlob()) };
  }

  async #fill(
    directory: string,
    contents: ByteSource,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const writer = await this.#disk.unpack(directory, signal);
    try {
      await sendLayer(contents, writer.sink, signal);
      await writer.finish();
    } catch (error) {
      await writer.cancel();
      throw asSandglassError(error);
    }
  }

  #newDraft(): string {
    return `${this.#root}/${draftPrefix}${this.#drafts++}`;
  }
}

/** What cannot be unpacked is read on all the same. */
function uncancelled(source: ByteSource): ByteSource {
  return { read: (signal) => source.read(signal), cancel: () => undefined };
}

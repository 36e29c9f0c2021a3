import type { ByteSource } from '#base/byte-stream.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { ImageConfiguration } from './image-format.ts';
import { type ImageRecord, decodeRecord, encodeRecord, findRecord } from './image-record.ts';
import { type ImportOptions, type ImportedArchive, importArchive } from './import-archive.ts';
import { LayerStore } from './layer-store.ts';
import type { DiskUsage, NodeDisk, RegistryFiles } from './ports.ts';
import type { PullProgress } from './pull-progress.ts';
import { type PullOptions, type PulledImage, pullFailure, pullImage } from './puller.ts';
import { type ImageReference, familiarText, parseReference, referenceText } from './reference.ts';
import { RegistryClient } from './registry-client.ts';

export interface ImageStoreOptions {
  disk: NodeDisk;
  files: RegistryFiles;
  /** Directories of layers that containers stand on: they stay when their image is removed. */
  layersInUse?: () => readonly string[];
  /** References of images that no garbage collection takes. */
  pinned?: readonly string[];
  directory?: string;
}

/** An image as the outside sees it. */
export interface Image extends ImageRecord {
  readonly pinned: boolean;
}

/** The node's images: on its disk unpacked, and in memory what is known of them. */
export class ImageStore {
  /** Where it all lies on the node. */
  readonly directory: string;
  /** Fires when there are other images than before, or a pull has come further. */
  readonly changed = new Emitter<undefined>();
  readonly #disk: NodeDisk;
  readonly #registry: RegistryClient;
  readonly #layers: LayerStore;
  readonly #layersInUse: () => readonly string[];
  readonly #pinned: ReadonlySet<string>;
  readonly #records = new Map<string, ImageRecord>();
  /** How far each pull under way has come; the key is nothing but its own. */
  readonly #pulls = new Map<symbol, PullProgress>();
  /** Changes of records, one after another. */
  #changes: Promise<unknown> = Promise.resolve();

  /** Takes up what an earlier life left on the node. */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const store = new ImageStore(options);
    await store.#load();
    return store;
  }

  private constructor(options: ImageStoreOptions) {
    const { disk, files, layersInUse = () => [], pinned = [] } = options;
    this.directory = options.directory ?? '/var/lib/sandglass/images';
    this.#disk = disk;
    this.#registry = new RegistryClient(files);
    this.#layers = new LayerStore(disk, `${this.directory}/layers`);
    this.#layersInUse = layersInUse;
    this.#pinned = new Set(pinned.map((text) => referenceText(parseReference(text))));
  }

  /** Makes an image of the registry one of the node's, whatever is there already. */
  async pull(text: string, options: PullOptions = {}): Promise<{ id: string; ref: string }> {
    const reference = parsePullReference(text);
    const ref = referenceText(reference);
    const pull = Symbol(ref);
    const onProgress = (progress: PullProgress) => {
      this.#pulls.set(pull, progress);
      this.changed.emit(undefined);
      options.onProgress?.(progress);
    };
    let pulled: PulledImage | undefined;
    try {
      pulled = await pullImage(this.#registry, this.#layers, reference, {
        ...options,
        onProgress,
      });
      const { id, target, size, configuration } = pulled;
      // A digest stays as it was asked for (internal/cri/util/references.go of containerd).
      const references =
        reference.digest === undefined ? [ref, `${reference.name}@${target}`] : [ref];
      await this.#change(() => this.#add({ id, references, size, configuration }));
      return { id, ref };
    } catch (error) {
      throw pullFailure(reference, error);
    } finally {
      this.#pulls.delete(pull);
      this.changed.emit(undefined);
      pulled?.release();
      await this.#change(() => this.#removeUnwantedLayers());
    }
  }

  /** Makes images of an archive the node's: an OCI layout's, or what `docker save` writes. */
  async importTar(
    source: ByteSource,
    options: ImportOptions = {},
  ): Promise<{ id: string; references: readonly string[] }[]> {
    let imported: ImportedArchive | undefined;
    try {
      const { images } = (imported = await importArchive(source, this.#layers, options));
      await this.#change(async () => {
        for (const image of images) await this.#add(image);
      });
      return images.map(({ id, references }) => ({ id, references }));
    } finally {
      imported?.release();
      await this.#change(() => this.#removeUnwantedLayers());
    }
  }

  /** What the registry has, by the names that people write. */
  async offered(signal?: AbortSignal): Promise<string[]> {
    return (await this.#registry.references(signal)).map(familiarText);
  }

  /** The pulls under way, in the order they began to fetch. */
  get pulls(): readonly PullProgress[] {
    return [...this.#pulls.values()];
  }

  /** By a name, an id, or the beginning of an id. */
  status(referenceOrId: string): Image | undefined {
    const record = findRecord(this.#records, referenceOrId);
    return record && this.#image(record);
  }

  list(filter?: { image?: string }): Image[] {
    const wanted = filter?.image ?? '';
    const found = wanted === '' ? undefined : findRecord(this.#records, wanted);
    const records = wanted === '' ? [...this.#records.values()] : found ? [found] : [];
    return records.map((record) => this.#image(record));
  }

  /** With all its names; nothing happens if it is not there. Layers stay while anything uses them. */
  async remove(referenceOrId: string): Promise<void> {
    await this.#change(async () => {
      const record = findRecord(this.#records, referenceOrId);
      if (record) {
        await this.#disk.remove(this.#file(record.id));
        this.#records.delete(record.id);
        this.changed.emit(undefined);
      }
      await this.#removeUnwantedLayers();
    });
  }

  /** Removes the layers that no image has and no container stands on any more. */
  async collectLayers(): Promise<void> {
    // Mostly there are none: nobody then waits for the changes under way.
    if (this.#layers.unwanted(this.#wantedLayers()).length === 0) return;
    await this.#change(() => this.#removeUnwantedLayers());
  }

  /** What all images take on the node's disk. */
  fsInfo(): Promise<DiskUsage> {
    return this.#disk.usage(this.directory);
  }

  /** What a container's root file system is made of: directories, lowest first. */
  layersOf(id: string): { layerDirectories: string[]; config: ImageConfiguration } {
    const record = findRecord(this.#records, id);
    if (!record) throw new SandglassError('not-found', `image "${id}": not found`);
    return {
      layerDirectories: record.configuration.rootfs.diff_ids.map((diffId) =>
        this.#layers.directoryOf(diffId),
      ),
      config: record.configuration,
    };
  }

  async #load(): Promise<void> {
    const directory = `${this.directory}/records`;
    await this.#disk.makeDirectory(directory);
    await this.#layers.load();
    for (const name of await this.#disk.list(directory)) {
      const record = name.endsWith('.json')
        ? decodeRecord(await this.#disk.readFile(`${directory}/${name}`))
        : undefined;
      const isWhole = record?.configuration.rootfs.diff_ids.every((id) => this.#layers.has(id));
      if (record && isWhole) this.#records.set(record.id, record);
      else await this.#disk.remove(`${directory}/${name}`);
    }
  }

  /** Adds an image, or names to one; names leave the image that had them before. */
  async #add(added: ImageRecord): Promise<void> {
    for (const other of this.#records.values()) {
      const references = other.references.filter((name) => !added.references.includes(name));
      if (other.id === added.id || references.length === other.references.length) continue;
      await this.#save({ ...other, references });
    }
    const known = this.#records.get(added.id)?.references ?? [];
    const references = [...new Set([...known, ...added.references])].sort();
    await this.#save({ ...added, references });
  }

  async #save(record: ImageRecord): Promise<void> {
    await this.#disk.writeFile(this.#file(record.id), encodeRecord(record));
    this.#records.set(record.id, record);
    this.changed.emit(undefined);
  }

  async #removeUnwantedLayers(): Promise<void> {
    await this.#layers.keepOnly(this.#wantedLayers());
  }

  #wantedLayers(): ReadonlySet<string> {
    const images = [...this.#records.values()].flatMap(({ configuration }) => [
      ...configuration.rootfs.diff_ids,
    ]);
    return new Set([...images, ...this.#layersInUse().map(diffIdOf)]);
  }

  #image(record: ImageRecord): Image {
    const pinned = record.references.some((reference) => this.#pinned.has(reference));
    return { ...record, pinned };
  }

  #file(id: string): string {
    return `${this.directory}/records/${id.replace('sha256:', '')}.json`;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

function diffIdOf(layerDirectory: string): string {
  return `sha256:${layerDirectory.slice(layerDirectory.lastIndexOf('/') + 1)}`;
}

function parsePullReference(text: string): ImageReference {
  try {
    return parseReference(text);
  } catch (error) {
    throw new SandglassError(
      'unknown',
      `failed to parse image reference "${text}": ${(error as Error).message}`,
      { cause: error },
    );
  }
}

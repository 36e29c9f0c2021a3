import type { Image, ImageStore } from '#oci/image-store.ts';
import { repoDigests, repoTags } from '#oci/image-record.ts';
import type { ImageStore as ContainerImages, LocalImage } from './ports.ts';

/** The node's images, as sandboxes and containers are made of them. */
export class LocalImages implements ContainerImages {
  readonly #store: ImageStore;

  constructor(store: ImageStore) {
    this.#store = store;
  }

  find(reference: string): Promise<LocalImage | undefined> {
    const image = this.#store.status(reference);
    return Promise.resolve(image && this.#local(image));
  }

  async ensure(reference: string, signal?: AbortSignal): Promise<LocalImage> {
    const present = await this.find(reference);
    if (present) return present;
    const { id } = await this.#store.pull(reference, { signal });
    return { ...this.#local({ id, references: this.#store.status(id)?.references ?? [] }) };
  }

  collectLayers(): Promise<void> {
    return this.#store.collectLayers();
  }

  #local(image: Pick<Image, 'id' | 'references'>): LocalImage {
    const { layerDirectories, config } = this.#store.layersOf(image.id);
    return {
      id: image.id,
      repoTags: repoTags(image),
      repoDigests: repoDigests(image),
      layers: layerDirectories,
      config: config.config ?? {},
    };
  }
}

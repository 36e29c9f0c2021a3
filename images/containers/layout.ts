import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type Descriptor, mediaTypes, platform } from '#oci/image-format.ts';
import type { RegistryIndex } from '#oci/registry-index.ts';
import { writeTar } from '#base/tar/writer.ts';
import { sha256 } from '../recipe/digest.ts';
import type { ImageRecipe } from './image-recipe.ts';
import { type LayerParts, layers, markerLayer } from './layers.ts';
import type { LayerTree } from './tree.ts';

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);

interface BuiltLayer {
  readonly tree: LayerTree;
  readonly descriptor: Descriptor;
  readonly diffId: string;
  readonly createdBy: string;
}

/** Images as OCI blobs, with the index that the registry's client reads. The same parts, the same bytes. */
export class LayoutBuilder {
  readonly blobs = new Map<string, Uint8Array>();
  readonly #parts: LayerParts;
  readonly #layers = new Map<string, Promise<BuiltLayer>>();
  readonly #repositories: Record<
    string,
    { tags: Record<string, string>; standIns?: Record<string, string> }
  > = {};

  constructor(parts: LayerParts) {
    this.#parts = parts;
  }

  async add(recipe: ImageRecipe): Promise<void> {
    const stack = await this.#stack(recipe);
    const config = this.#json(mediaTypes.config, this.#configuration(recipe, stack));
    const manifest = this.#json(mediaTypes.manifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config,
      layers: stack.map(({ descriptor }) => descriptor),
    });
    for (const [name, tags] of Object.entries(recipe.names)) {
      const repository = (this.#repositories[name] ??= { tags: {} });
      for (const tag of tags) repository.tags[tag] = manifest.digest;
      const standsInFor = recipe.standsInFor?.[name];
      if (standsInFor !== undefined) repository.standIns = { [standsInFor]: manifest.digest };
    }
  }

  index(): RegistryIndex {
    const sizes = [...this.blobs].map(([digest, bytes]) => [digest, bytes.length] as const);
    return { version: 1, repositories: this.#repositories, blobs: Object.fromEntries(sizes) };
  }

  /** The layers of an image, each built once for each stack below it. */
  async #stack({ layers: names, marker }: ImageRecipe): Promise<BuiltLayer[]> {
    const stack: BuiltLayer[] = [];
    let path = '';
    for (const name of names) {
      path += `/${name}`;
      stack.push(await this.#layer(path, name, () => layers[name](this.#parts), stack));
    }
    if (marker !== undefined) {
      const make = () => markerLayer(this.#parts, marker);
      stack.push(await this.#layer(`${path}/marker ${marker}`, `an empty ${marker}`, make, stack));
    }
    return stack;
  }

  #layer(
    key: string,
    name: string,
    make: () => LayerTree,
    below: readonly BuiltLayer[],
  ): Promise<BuiltLayer> {
    const trees = below.map(({ tree }) => tree);
    const built = this.#layers.get(key) ?? this.#buildLayer(name, make(), trees);
    this.#layers.set(key, built);
    return built;
  }

  async #buildLayer(
    name: string,
    tree: LayerTree,
    below: readonly LayerTree[],
  ): Promise<BuiltLayer> {
    const tar = writeTar(tree.members(below));
    const descriptor = this.#blob(mediaTypes.gzipLayer, await gzip(tar, { level: 9 }));
    return { tree, descriptor, diffId: `sha256:${sha256(tar)}`, createdBy: `sandglass: ${name}` };
  }

  #configuration({ title, config }: ImageRecipe, stack: readonly BuiltLayer[]) {
    const created = new Date(this.#parts.mtime * 1000).toISOString();
    return {
      created,
      ...platform,
      config: { ...config, Labels: { 'org.opencontainers.image.title': title } },
      rootfs: { type: 'layers', diff_ids: stack.map(({ diffId }) => diffId) },
      history: stack.map(({ createdBy }) => ({ created, created_by: createdBy })),
    };
  }

  #json(mediaType: string, value: unknown): Descriptor {
    return this.#blob(mediaType, new TextEncoder().encode(JSON.stringify(value)));
  }

  #blob(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = `sha256:${sha256(bytes)}`;
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }
}

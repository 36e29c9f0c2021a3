import { type ByteSource, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Descriptor, Manifest } from '#oci/image-format.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import { parseRegistryIndex } from '#oci/registry-index.ts';
import { FakeRegistry, json, sourceOf } from '#oci/testing/fake-registry.ts';
import { siteRegistry } from './restartable-cluster.ts';

/** What comes in a blob's place; undefined for nothing at all. */
export type Damage = (blob: Uint8Array) => Uint8Array | undefined;

const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`;

/** The site's images as they come when something is wrong with them. */
export class DamagedRegistry implements RegistryFiles {
  readonly #site = siteRegistry();
  readonly #others = new FakeRegistry();
  readonly #damages = new Map<string, Damage>();

  async open(path: string, signal?: AbortSignal): Promise<ByteSource> {
    if (path === 'index.json') return sourceOf(json(await this.#index()));
    const damage = this.#damages.get(path);
    if (!damage) {
      return this.#site.open(path, signal).catch(() => this.#others.open(path, signal));
    }
    const bytes = damage(await readAllBytes(await this.#site.open(path, signal)));
    if (bytes) return sourceOf(bytes);
    throw new SandglassError('not-found', `no ${path}`);
  }

  /** From now on that blob comes damaged, until it is repaired. */
  damage({ digest }: Descriptor, damage: Damage): void {
    this.#damages.set(blobPath(digest), damage);
  }

  repair(): void {
    this.#damages.clear();
  }

  async topLayerOf(repository: string, tag: string): Promise<Descriptor> {
    const { repositories } = await this.#index();
    const digest = repositories[repository]?.tags[tag] ?? '';
    const bytes = await readAllBytes(await this.#site.open(blobPath(digest)));
    const { layers } = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    const top = layers.at(-1);
    if (!top) throw new Error(`${repository}:${tag} has no layers.`);
    return top;
  }

  /** An image beside the site's, which no machine of this kind can run. */
  async addForeign(repository: string, tag: string): Promise<void> {
    const layers = [[{ path: 'file', data: 'contents' }]];
    await this.#others.add(repository, tag, { layers, architecture: 'arm64' });
  }

  async #index() {
    const read = async (files: RegistryFiles) =>
      parseRegistryIndex(await readAllBytes(await files.open('index.json')));
    const [site, others] = await Promise.all([read(this.#site), read(this.#others)]);
    return { ...site, repositories: { ...site.repositories, ...others.repositories } };
  }
}

import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import { type RegistryIndex, parseRegistryIndex } from '#oci/registry-index.ts';
import type { GuestAssets } from './guest-assets.ts';
import type { GuestAsset } from './guest-manifest.ts';

const indexName = 'registry-index';
const chunkBytes = 256 << 10;

/** The site's container images: nothing is fetched before a pull asks for it. */
export class SiteRegistry implements RegistryFiles {
  readonly #assets: GuestAssets;
  #index: Promise<{ bytes: Uint8Array; index: RegistryIndex }> | undefined;

  constructor(assets: GuestAssets) {
    this.#assets = assets;
  }

  async open(path: string, signal?: AbortSignal): Promise<ByteSource> {
    const { bytes, index } = await untilAborted(this.#loadIndex(), signal);
    if (path === 'index.json') return chunks(bytes);
    const blob = blobsOf(index).find((asset) => asset.path === `registry/${path}`);
    if (!blob) throw new SandglassError('not-found', `The site has no registry/${path}.`);
    return chunks(await this.#assets.fetchVerified(blob, () => undefined, signal));
  }

  /** Every blob there is to fetch. */
  async files(): Promise<GuestAsset[]> {
    return blobsOf((await this.#loadIndex()).index);
  }

  /** Fetched once; a failed fetch is tried again by the next pull. */
  #loadIndex(): Promise<{ bytes: Uint8Array; index: RegistryIndex }> {
    this.#index ??= this.#assets
      .find(indexName)
      .then((asset) => this.#assets.fetchVerified(asset, () => undefined))
      .then((bytes) => ({ bytes, index: parseRegistryIndex(bytes) }));
    this.#index.catch(() => (this.#index = undefined));
    return this.#index;
  }
}

function blobsOf({ blobs }: RegistryIndex): GuestAsset[] {
  return Object.entries(blobs).map(([digest, bytes]) => ({
    name: `image blob ${digest}`,
    path: `registry/blobs/${digest.replace(':', '/')}`,
    bytes,
    sha256: digest.replace('sha256:', ''),
  }));
}

function chunks(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    read() {
      const chunk = bytes.subarray(at, at + chunkBytes);
      at += chunk.length;
      return Promise.resolve(chunk.length === 0 ? undefined : chunk);
    },
    cancel: () => (at = bytes.length),
  };
}

import { sha256Hex } from '#base/digest.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { type GuestAsset, type GuestManifest, parseManifest } from './guest-manifest.ts';

export interface FetchProgress {
  loadedBytes: number;
  totalBytes: number;
  fromCache: boolean;
}

/**
 * Where the guest's files come from: the site or its cache in a browser, a directory under Node.
 * Paths are relative to the guest directory.
 */
export interface AssetSource {
  /** The manifest's text, checked if the source knows its digest. */
  manifest(): Promise<string>;
  /** Whole contents, not checked yet. A source that caches does so by digest. */
  fetch(
    asset: GuestAsset,
    onProgress: (progress: FetchProgress) => void,
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
  /** Forgets a copy that turned out wrong: the next fetch goes past every cache. */
  forget(asset: GuestAsset): Promise<void>;
}

/** The guest's images by name, each checked against the manifest's digest before anyone sees it. */
export class GuestAssets {
  readonly #source: AssetSource;
  #manifest: Promise<{ manifest: GuestManifest; digest: string }> | undefined;

  constructor(source: AssetSource) {
    this.#source = source;
  }

  /**
   * The manifest, fetched once; a failed fetch is tried again by the next call. It takes no signal:
   * who comes next shares the fetch, and must not share the end of who came first.
   */
  async manifest(): Promise<GuestManifest> {
    return (await this.#read()).manifest;
  }

  /** SHA-256 of the manifest, which names every file of the guest by its own. */
  async digest(): Promise<string> {
    return (await this.#read()).digest;
  }

  /** What the manifest says of an image. */
  async find(name: string, signal?: AbortSignal): Promise<GuestAsset> {
    const { assets } = await untilAborted(this.manifest(), signal);
    const asset = assets.find((candidate) => candidate.name === name);
    if (!asset) {
      throw new SandglassError('data-loss', `The site's guest manifest lists no ${name}.`);
    }
    return asset;
  }

  fetchVerified(
    asset: GuestAsset,
    onProgress: (progress: FetchProgress) => void,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    return fetchVerified(this.#source, asset, onProgress, signal);
  }

  #read(): Promise<{ manifest: GuestManifest; digest: string }> {
    this.#manifest ??= this.#source.manifest().then(async (text) => ({
      manifest: parseManifest(text),
      digest: await sha256Hex(new TextEncoder().encode(text)),
    }));
    this.#manifest.catch(() => (this.#manifest = undefined));
    return this.#manifest;
  }
}

/** Fetches and checks; a copy with another digest is forgotten and fetched once more. */
export async function fetchVerified(
  source: Pick<AssetSource, 'fetch' | 'forget'>,
  asset: GuestAsset,
  onProgress: (progress: FetchProgress) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const bytes = await source.fetch(asset, onProgress, signal);
    const digest = await sha256Hex(bytes);
    if (digest === asset.sha256) return bytes;
    await source.forget(asset);
    if (attempt === 2) {
      throw new SandglassError(
        'data-loss',
        `${asset.name} arrived damaged: its SHA-256 is ${digest} instead of ${asset.sha256}.`,
      );
    }
  }
}

import type { Clock } from '#base/clock.ts';
import { guestCacheName } from '#base/guest-cache.ts';
import { type AssetSource, type FetchProgress, fetchVerified } from '#cluster/guest-assets.ts';
import type { GuestAsset } from '#cluster/guest-manifest.ts';
import { isUsedByOtherBuilds } from './build-lock.ts';
import { Download } from './download.ts';

/** The guest's files from the static site, kept in the browser's cache by digest. */
export class SiteAssets implements AssetSource {
  readonly #base: URL;
  readonly #manifestDigest: string;
  readonly #clock: Clock;
  #cache: Promise<Cache | undefined> | undefined;
  /** Addresses whose last answer was wrong, which the browser's own HTTP cache may keep as well. */
  readonly #distrusted = new Set<string>();
  /** Being written to the cache, by address. */
  readonly #keeping = new Map<string, Promise<void>>();

  /** `base` ends with `guest/`; the manifest's digest is part of the built page, so that a cached copy is known to be the right one. */
  constructor(base: URL, manifestDigest: string, clock: Clock) {
    this.#base = base;
    this.#manifestDigest = manifestDigest;
    this.#clock = clock;
  }

  async manifest(): Promise<string> {
    const bytes = await fetchVerified(this, this.#manifestAsset(), () => undefined);
    return new TextDecoder().decode(bytes);
  }

  async fetch(
    asset: GuestAsset,
    onProgress: (progress: FetchProgress) => void,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const cache = await this.#openCache();
    const url = this.#urlOf(asset);
    const kept = await fromCache(cache, url);
    if (kept) {
      onProgress({ loadedBytes: kept.length, totalBytes: kept.length, fromCache: true });
      return kept;
    }
    const bytes = await this.#download(asset, url, onProgress, signal);
    // Kept after the answer is given: writing 7 MB takes longer than the reader should wait.
    if (cache) this.#keeping.set(url, this.#keep(cache, url, asset.name, bytes));
    return bytes;
  }

  async forget(asset: GuestAsset): Promise<void> {
    const url = this.#urlOf(asset);
    this.#distrusted.add(url);
    await this.#keeping.get(url);
    await (await this.#openCache())?.delete(url);
  }

  /**
   * Drops the copies that no file of this build has, unless a page of another build is open: the
   * site no longer has what that one may still read.
   */
  async keepOnly(files: readonly GuestAsset[]): Promise<void> {
    const cache = await this.#openCache();
    if (!cache || (await isUsedByOtherBuilds(this.#base, this.#manifestDigest))) return;
    const current = new Set([this.#manifestAsset(), ...files].map((file) => this.#urlOf(file)));
    for (const request of await cache.keys()) {
      // One origin may have several sites, in folders of their own.
      const ours = request.url.startsWith(this.#base.href);
      if (ours && !current.has(request.url)) await cache.delete(request);
    }
  }

  /** Its size is not known beforehand. */
  #manifestAsset(): GuestAsset {
    return {
      name: 'guest manifest',
      path: 'manifest.json',
      bytes: 0,
      sha256: this.#manifestDigest,
    };
  }

  #urlOf(asset: GuestAsset): string {
    const url = new URL(asset.path, this.#base);
    url.searchParams.set('sha256', asset.sha256);
    return url.href;
  }

  /** Undefined where pages may not store: plain HTTP, or storage switched off. */
  #openCache(): Promise<Cache | undefined> {
    const storage = (globalThis as { caches?: CacheStorage }).caches;
    this.#cache ??= storage
      ? storage.open(guestCacheName).catch(() => undefined)
      : Promise.resolve(undefined);
    return this.#cache;
  }

  async #download(
    asset: GuestAsset,
    url: string,
    onProgress: (progress: FetchProgress) => void,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const download = new Download({
      ...asset,
      url,
      cache: this.#distrusted.has(url) ? 'reload' : 'default',
      clock: this.#clock,
      signal,
    });
    // Everything whose size is known arrives into one buffer.
    let bytes = new Uint8Array(asset.bytes || 64 << 10);
    let length = 0;
    await download.read(await download.open(), (chunk, received) => {
      if (received > bytes.length) {
        const grown = new Uint8Array(Math.max(bytes.length * 2, received));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(chunk, length);
      length = received;
      onProgress({ loadedBytes: received, totalBytes: asset.bytes, fromCache: false });
    });
    return bytes.subarray(0, length);
  }

  async #keep(cache: Cache, url: string, name: string, bytes: Uint8Array): Promise<void> {
    try {
      await cache.put(url, new Response(bytes as BodyInit));
    } catch (error) {
      // A full disk only costs the next visit a download.
      console.warn(`${name} was not kept for the next visit:`, error);
    }
  }
}

/** A storage that cannot be read, because it is corrupt or was just cleared, only costs a download. */
async function fromCache(cache: Cache | undefined, url: string): Promise<Uint8Array | undefined> {
  try {
    const response = await cache?.match(url);
    return response && new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    console.warn('The browser’s cache cannot be read:', error);
    return undefined;
  }
}

import { systemClock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, cancelledError } from '#base/errors.ts';
import { type AssetSource, type FetchProgress, fetchVerified } from '#cluster/guest-assets.ts';
import type { GuestAsset } from '#cluster/guest-manifest.ts';

/** One cache for every version: entries are keyed by digest, and `prune` drops what no manifest names any more. */
const cacheName = 'sandglass-guest';

/** The guest's files from the static site, kept in the browser's cache by digest. */
export class SiteAssets implements AssetSource {
  readonly #base: URL;
  readonly #manifestDigest: string;
  #cache: Promise<Cache | undefined> | undefined;
  /** Addresses whose last answer was wrong, which the browser's own HTTP cache may keep as well. */
  readonly #distrusted = new Set<string>();
  /** Being written to the cache, by address. */
  readonly #keeping = new Map<string, Promise<void>>();

  /** `base` ends with `guest/`; the manifest's digest is part of the built page, so that a cached copy is known to be the right one. */
  constructor(base: URL, manifestDigest: string) {
    this.#base = base;
    this.#manifestDigest = manifestDigest;
  }

  async manifest(): Promise<string> {
    const asset = {
      name: 'guest manifest',
      path: 'manifest.json',
      bytes: 0,
      sha256: this.#manifestDigest,
    };
    return new TextDecoder().decode(await fetchVerified(this, asset, () => undefined));
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
    const mode = this.#distrusted.has(url) ? 'reload' : 'default';
    const bytes = await download(asset, url, mode, onProgress, signal);
    // Kept after the answer is given: writing 7 MB takes longer than the reader should wait.
    if (cache) this.#keeping.set(url, this.#keep(cache, asset, bytes));
    return bytes;
  }

  async forget(asset: GuestAsset): Promise<void> {
    const url = this.#urlOf(asset);
    this.#distrusted.add(url);
    await this.#keeping.get(url);
    await (await this.#openCache())?.delete(url);
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
      ? storage.open(cacheName).catch(() => undefined)
      : Promise.resolve(undefined);
    return this.#cache;
  }

  async #keep(cache: Cache, asset: GuestAsset, bytes: Uint8Array): Promise<void> {
    const url = this.#urlOf(asset);
    try {
      await cache.put(url, new Response(bytes as BodyInit));
      await this.#dropOlder(cache, asset, url);
    } catch (error) {
      // A full disk only costs the next visit a download.
      console.warn(`${asset.name} was not kept for the next visit:`, error);
    }
  }

  /** Drops copies of the same path with other digests: those of an older build of the site. */
  async #dropOlder(cache: Cache, asset: GuestAsset, current: string): Promise<void> {
    const path = new URL(asset.path, this.#base).pathname;
    for (const request of await cache.keys()) {
      if (request.url !== current && new URL(request.url).pathname === path) {
        await cache.delete(request);
      }
    }
  }
}

/** Milliseconds without a byte after which a host is given up. */
const stallLimit = 30_000;

function unlessStalled<T>(wait: Promise<T>): Promise<T> {
  return withDeadline(wait, systemClock, stallLimit, 'The host has sent nothing for 30 seconds.');
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

async function download(
  asset: GuestAsset,
  url: string,
  cache: RequestCache,
  onProgress: (progress: FetchProgress) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await unlessStalled(fetch(url, { cache, ...(signal && { signal }) }));
  } catch (cause) {
    if (signal?.aborted) throw cancelledError(signal);
    throw new SandglassError(
      'unavailable',
      `Could not fetch ${asset.name}: the network or the site's host did not answer.`,
      { cause },
    );
  }
  if (!response.ok || !response.body) {
    throw new SandglassError(
      response.status === 404 ? 'not-found' : 'unavailable',
      `Could not fetch ${asset.name}: the site's host answered ${response.status}.`,
    );
  }
  return readBody(asset, response.body, onProgress, signal);
}

async function readBody(
  asset: GuestAsset,
  body: ReadableStream<Uint8Array>,
  onProgress: (progress: FetchProgress) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  // The manifest's own size is not known beforehand; everything else arrives into one buffer.
  let bytes = new Uint8Array(asset.bytes || 64 << 10);
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    let chunk: ReadableStreamReadResult<Uint8Array>;
    try {
      chunk = await unlessStalled(reader.read());
    } catch (cause) {
      void reader.cancel().catch(() => undefined);
      if (signal?.aborted) throw cancelledError(signal);
      throw new SandglassError(
        'unavailable',
        `The connection broke after ${length} of ${asset.bytes} bytes of ${asset.name}.`,
        { cause },
      );
    }
    if (chunk.done) break;
    if (length + chunk.value.length > bytes.length) {
      const grown = new Uint8Array(Math.max(bytes.length * 2, length + chunk.value.length));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(chunk.value, length);
    length += chunk.value.length;
    onProgress({ loadedBytes: length, totalBytes: asset.bytes, fromCache: false });
  }
  return bytes.subarray(0, length);
}

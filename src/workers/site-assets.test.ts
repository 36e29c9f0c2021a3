import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FetchProgress } from '#cluster/guest-assets.ts';
import { SiteAssets } from './site-assets.ts';

const base = new URL('https://example.org/sub/guest/');
const asset = { name: 'node snapshot', path: 'node-snapshot', bytes: 6, sha256: 'aa' };
const address = 'https://example.org/sub/guest/node-snapshot?sha256=aa';

/** The part of the Cache API that is used, over a Map. */
class FakeCache {
  readonly entries = new Map<string, Uint8Array>();
  match(url: string) {
    const bytes = this.entries.get(url);
    return Promise.resolve(bytes && new Response(bytes as BodyInit));
  }
  async put(url: string, response: Response) {
    this.entries.set(url, new Uint8Array(await response.arrayBuffer()));
  }
  delete(request: string | { url: string }) {
    return Promise.resolve(
      this.entries.delete(typeof request === 'string' ? request : request.url),
    );
  }
  keys() {
    return Promise.resolve([...this.entries.keys()].map((url) => ({ url })));
  }
}

let cache: FakeCache;
let fetched: string[];
let respond: (url: string) => Response | Promise<Response>;

beforeEach(() => {
  cache = new FakeCache();
  fetched = [];
  respond = () => new Response('abcdef');
  vi.stubGlobal('caches', { open: () => Promise.resolve(cache) });
  vi.stubGlobal('fetch', async (url: string) => {
    fetched.push(url);
    return respond(url);
  });
});
afterEach(() => vi.unstubAllGlobals());

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const stored = () => vi.waitFor(() => expect(cache.entries.has(address)).toBe(true));

describe('the site’s assets', () => {
  it('downloads once and then has it from the cache, and says which', async () => {
    const progress: FetchProgress[] = [];
    const first = await new SiteAssets(base, 'm').fetch(asset, (p) => progress.push(p));
    await stored();
    const second = await new SiteAssets(base, 'm').fetch(asset, (p) => progress.push(p));
    expect([text(first), text(second)]).toEqual(['abcdef', 'abcdef']);
    expect(fetched).toEqual([address]);
    expect(progress.map(({ loadedBytes, fromCache }) => [loadedBytes, fromCache])).toEqual([
      [6, false],
      [6, true],
    ]);
  });

  it('drops copies of an older build of the site', async () => {
    cache.entries.set('https://example.org/sub/guest/node-snapshot?sha256=old', new Uint8Array(1));
    cache.entries.set('https://example.org/sub/guest/other?sha256=old', new Uint8Array(1));
    await new SiteAssets(base, 'm').fetch(asset, () => undefined);
    await vi.waitFor(() =>
      expect([...cache.entries.keys()].sort()).toEqual([
        address,
        'https://example.org/sub/guest/other?sha256=old',
      ]),
    );
  });

  it('works without a cache', async () => {
    vi.stubGlobal('caches', undefined);
    const assets = new SiteAssets(base, 'm');
    await assets.fetch(asset, () => undefined);
    expect(text(await assets.fetch(asset, () => undefined))).toBe('abcdef');
    expect(fetched.length).toBe(2);
  });

  it.each([
    [
      'a refused connection',
      () => Promise.reject(new TypeError('no')),
      'unavailable',
      /did not answer/,
    ],
    ['a 404', () => new Response('', { status: 404 }), 'not-found', /answered 404/],
    ['a 503', () => new Response('', { status: 503 }), 'unavailable', /answered 503/],
    [
      'a body that breaks off',
      () => new Response(breakingBody()),
      'unavailable',
      /after 3 of 6 bytes/,
    ],
  ])('says in words what %s is, and keeps nothing', async (_what, answer, code, message) => {
    respond = answer;
    const fetching = new SiteAssets(base, 'm').fetch(asset, () => undefined);
    await expect(fetching).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(cache.entries.size).toBe(0);
  });
});

function breakingBody(): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new TypeError('network error'));
      else controller.enqueue(new TextEncoder().encode('abc'));
      sent = true;
    },
  });
}

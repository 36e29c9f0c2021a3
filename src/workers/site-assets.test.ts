import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
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
/** How each fetch treats the browser's HTTP cache. */
let treatments: (RequestCache | undefined)[];
let respond: (url: string) => Response | Promise<Response>;

beforeEach(() => {
  cache = new FakeCache();
  fetched = [];
  treatments = [];
  respond = () => new Response('abcdef');
  vi.stubGlobal('caches', { open: () => Promise.resolve(cache) });
  vi.stubGlobal('fetch', async (url: string, { cache }: RequestInit) => {
    fetched.push(url);
    treatments.push(cache);
    return respond(url);
  });
});
afterEach(() => vi.unstubAllGlobals());

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const stored = () => vi.waitFor(() => expect(cache.entries.has(address)).toBe(true));

describe('the site’s assets', () => {
  it('downloads once and then has it from the cache, and says which', async () => {
    const progress: FetchProgress[] = [];
    const first = await new SiteAssets(base, 'm', new ManualClock()).fetch(asset, (p) =>
      progress.push(p),
    );
    await stored();
    const second = await new SiteAssets(base, 'm', new ManualClock()).fetch(asset, (p) =>
      progress.push(p),
    );
    expect([text(first), text(second)]).toEqual(['abcdef', 'abcdef']);
    expect(fetched).toEqual([address]);
    expect(progress.map(({ loadedBytes, fromCache }) => [loadedBytes, fromCache])).toEqual([
      [6, false],
      [6, true],
    ]);
  });

  describe('with copies of older builds in the cache', () => {
    const site = 'https://example.org/sub/guest/';
    const stale = [`${site}files/old?sha256=old`, `${site}manifest.json?sha256=n`];
    const current = [`${site}manifest.json?sha256=m`, `${site}files/new?sha256=new`, address];
    const elsewhere = 'https://example.org/other/guest/files/old?sha256=old';
    const files = [asset, { name: '/bin/new', path: 'files/new', bytes: 1, sha256: 'new' }];
    const lock = (digest: string) => ({ name: `sandglass-build ${site} ${digest}` });

    beforeEach(() => {
      for (const url of [...stale, ...current, elsewhere]) {
        cache.entries.set(url, new Uint8Array(1));
      }
    });

    function openPages(...held: { name: string }[]): void {
      vi.stubGlobal('navigator', { locks: { query: () => Promise.resolve({ held }) } });
    }

    const kept = async () => {
      await new SiteAssets(base, 'm', new ManualClock()).keepOnly(files);
      return [...cache.entries.keys()].sort();
    };
    const everything = () => [...stale, ...current, elsewhere].sort();

    it('drops them, and nothing of another site of the same origin', async () => {
      openPages(lock('m'), { name: `sandglass-build ${new URL(elsewhere).origin}/other/guest/ n` });
      expect(await kept()).toEqual([...current, elsewhere].sort());
    });

    it('keeps them while a page of another build is open', async () => {
      openPages(lock('m'), lock('n'));
      expect(await kept()).toEqual(everything());
    });

    it('keeps them where nobody can know which pages are open', async () => {
      vi.stubGlobal('navigator', {});
      expect(await kept()).toEqual(everything());
    });
  });

  it('works without a cache', async () => {
    vi.stubGlobal('caches', undefined);
    const assets = new SiteAssets(base, 'm', new ManualClock());
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
    const fetching = new SiteAssets(base, 'm', new ManualClock()).fetch(asset, () => undefined);
    await expect(fetching).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(cache.entries.size).toBe(0);
  });

  it('believes a failure only past the browser’s own cache, which may have kept it', async () => {
    const answers = [new Response('', { status: 404 }), new Response('abcdef')];
    respond = () => answers.shift() ?? expect.fail('One fetch too many.');
    const site = new SiteAssets(base, 'm', new ManualClock());
    expect(text(await site.fetch(asset, () => undefined))).toBe('abcdef');
    expect(treatments).toEqual(['default', 'reload']);
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

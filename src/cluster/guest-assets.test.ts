import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#base/digest.ts';
import { type AssetSource, GuestAssets } from './guest-assets.ts';
import { parseManifest } from './guest-manifest.ts';

const content = new TextEncoder().encode('the kernel');
const damaged = new TextEncoder().encode('the kernek');

async function manifest(): Promise<string> {
  const sha256 = await sha256Hex(content);
  const kernel = { name: 'node-kernel', path: 'node-kernel', bytes: content.length, sha256 };
  return JSON.stringify({ version: 1, assets: [kernel], packages: [] });
}

/** Gives these contents, one a fetch, and records what it is told to forget. */
function source(...contents: Uint8Array[]): AssetSource & { forgotten: string[] } {
  const forgotten: string[] = [];
  return {
    forgotten,
    manifest,
    fetch: () => Promise.resolve(contents.shift() ?? expect.fail('One fetch too many.')),
    forget: ({ name }) => {
      forgotten.push(name);
      return Promise.resolve();
    },
  };
}

async function kernelOf(assets: GuestAssets): Promise<Uint8Array> {
  return assets.fetchVerified(await assets.find('node-kernel'), () => undefined);
}

describe('the guest’s assets', () => {
  it('gives what has the digest of the manifest', async () => {
    const assets = new GuestAssets(source(content));
    expect(await kernelOf(assets)).toEqual(content);
  });

  it('forgets a damaged copy and fetches it once more', async () => {
    const from = source(damaged, content);
    expect(await kernelOf(new GuestAssets(from))).toEqual(content);
    expect(from.forgotten).toEqual(['node-kernel']);
  });

  it('gives up when it is damaged twice, and says what', async () => {
    const assets = new GuestAssets(source(damaged, damaged));
    await expect(kernelOf(assets)).rejects.toMatchObject({
      code: 'data-loss',
      message: expect.stringContaining('node-kernel arrived damaged') as string,
    });
  });

  it('tries the manifest again after it could not be had', async () => {
    const from = source(content);
    let attempts = 0;
    from.manifest = () => (attempts++ === 0 ? Promise.reject(new Error('offline')) : manifest());
    const assets = new GuestAssets(from);
    await expect(kernelOf(assets)).rejects.toThrow('offline');
    expect(await kernelOf(assets)).toEqual(content);
  });

  it('ends a wait for the manifest that is given up, for its own caller only', async () => {
    const from = source(content);
    let answer: (text: string) => void = () => undefined;
    from.manifest = () => new Promise((resolve) => (answer = resolve));
    const assets = new GuestAssets(from);
    const giveUp = new AbortController();
    const first = assets.find('node-kernel', giveUp.signal);
    const second = kernelOf(assets);
    giveUp.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    answer(await manifest());
    expect(await second).toEqual(content);
  });

  it('says which asset a manifest lacks', async () => {
    await expect(new GuestAssets(source()).find('node-moon')).rejects.toThrow('node-moon');
  });
});

describe('a manifest', () => {
  const asset = { name: 'a', path: 'a', bytes: 1, sha256: '0'.repeat(64) };
  it.each([
    ['no JSON', 'nonsense', /not JSON/],
    ['another version', '{"version":2,"assets":[]}', /version/],
    ['a path out of the guest directory', { ...asset, path: '../secret' }, /assets/],
    ['an absolute path', { ...asset, path: '/secret' }, /assets/],
    ['another host', { ...asset, path: 'https://example.org/a' }, /assets/],
    ['no digest', { ...asset, sha256: '' }, /assets/],
  ])('is refused with %s', (_what, given, message) => {
    const text =
      typeof given === 'string'
        ? given
        : JSON.stringify({ version: 1, assets: [given], packages: [] });
    expect(() => parseManifest(text)).toThrow(message);
  });
});

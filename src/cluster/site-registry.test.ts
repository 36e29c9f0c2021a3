import { beforeEach, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { sha256Hex } from '#base/digest.ts';
import { SandglassError } from '#base/errors.ts';
import { GuestAssets } from './guest-assets.ts';
import { SiteRegistry } from './site-registry.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const blob = bytesOf('blob'.repeat(100_000));

let files: Map<string, Uint8Array>;
let fetched: string[];
let registry: SiteRegistry;
let digest: string;

beforeEach(async () => {
  digest = await sha256Hex(blob);
  const index = bytesOf(
    JSON.stringify({ version: 1, repositories: {}, blobs: { [`sha256:${digest}`]: blob.length } }),
  );
  files = new Map([
    ['registry/index.json', index],
    [`registry/blobs/sha256/${digest}`, blob],
  ]);
  fetched = [];
  const asset = {
    name: 'registry-index',
    path: 'registry/index.json',
    bytes: index.length,
    sha256: await sha256Hex(index),
  };
  registry = new SiteRegistry(
    new GuestAssets({
      manifest: () =>
        Promise.resolve(JSON.stringify({ version: 1, assets: [asset], packages: [] })),
      fetch: ({ path }) => {
        fetched.push(path);
        const found = files.get(path);
        if (found) return Promise.resolve(found);
        return Promise.reject(new SandglassError('unavailable', `no ${path}`));
      },
      forget: () => Promise.resolve(),
    }),
  );
});

it('gives a blob in pieces, and fetches none before it is asked for', async () => {
  expect(fetched).toEqual([]);
  await registry.open('index.json');
  expect(fetched).toEqual(['registry/index.json']);
  const source = await registry.open(`blobs/sha256/${digest}`);
  expect(await readAllText(source)).toBe('blob'.repeat(100_000));
});

it('knows what it can offer without fetching it', async () => {
  expect(await registry.files()).toMatchObject([
    { path: `registry/blobs/sha256/${digest}`, sha256: digest, bytes: blob.length },
  ]);
  await expect(registry.open('blobs/sha256/00')).rejects.toMatchObject({ code: 'not-found' });
  expect(fetched).toEqual(['registry/index.json']);
});

it('tries again after an index that could not be fetched', async () => {
  const index = files.get('registry/index.json') ?? new Uint8Array();
  files.delete('registry/index.json');
  await expect(registry.open('index.json')).rejects.toMatchObject({ code: 'unavailable' });
  files.set('registry/index.json', index);
  expect(await readAllText(await registry.open('index.json'))).toContain(digest);
});

it('lets no damaged blob through', async () => {
  files.set(`registry/blobs/sha256/${digest}`, bytesOf('other'));
  await expect(registry.open(`blobs/sha256/${digest}`)).rejects.toMatchObject({
    code: 'data-loss',
  });
});

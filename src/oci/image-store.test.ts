import { beforeEach, describe, expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { ImageStore } from './image-store.ts';
import { mediaTypes, platform } from './image-format.ts';
import { FakeRegistry, digestOf, gzip, json } from './testing/fake-registry.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { type TarMember, writeTar } from '#base/tar/writer.ts';

const base: TarMember[] = [{ path: 'bin/sh', data: 'shell' }];
const busybox = 'docker.io/library/busybox';
const root = '/var/lib/sandglass/images';

let disk: MemoryDisk;
let registry: FakeRegistry;
let store: ImageStore;
let layersInUse: string[];

const open = () =>
  ImageStore.open({
    disk,
    files: registry,
    layersInUse: () => layersInUse,
    pinned: ['registry.k8s.io/pause:3.10'],
  });

beforeEach(async () => {
  disk = new MemoryDisk();
  registry = new FakeRegistry();
  layersInUse = [];
  store = await open();
});

/** What there is on the node's disk, without the two directories that are always there. */
const leftovers = () => [...disk.below(`${root}/layers`), ...disk.below(`${root}/records`)];

function layerDirectory(members: TarMember[]): string {
  return `${root}/layers/${digestOf(writeTar(members)).replace('sha256:', '')}`;
}

it('offers what the registry has, by the names that people write', async () => {
  await registry.add(busybox, '1.36', { layers: [base] });
  await registry.add('registry.k8s.io/pause', '3.10', { layers: [base] });
  expect(await store.offered()).toEqual(['busybox:1.36', 'registry.k8s.io/pause:3.10']);
});

describe('pull', () => {
  it('brings an image and its names, lowest layer first', async () => {
    const app: TarMember[] = [{ path: 'app' }];
    const { digest } = await registry.add(busybox, '1.36', {
      layers: [base, app],
      config: { Cmd: ['sh'] },
    });
    const { id, ref } = await store.pull('busybox:1.36');
    expect(ref).toBe(`${busybox}:1.36`);
    const image = store.status('busybox:1.36');
    expect(image).toMatchObject({
      id,
      references: [`${busybox}:1.36`, `${busybox}@${digest}`],
      pinned: false,
    });
    const { layerDirectories, config } = store.layersOf(id);
    expect(layerDirectories).toEqual([layerDirectory(base), layerDirectory(app)]);
    expect(config.config?.Cmd).toEqual(['sh']);
    for (const directory of layerDirectories) {
      expect(disk.files.has(`${directory}/records`)).toBe(true);
    }
    const sizes = [...registry.blobs.values()].map(({ length }) => length);
    expect(image?.size).toBe(sizes.reduce((sum, size) => sum + size));
  });

  it('chooses the image for this machine from an index', async () => {
    const here = await registry.add('a.b/multi', 'i386', { layers: [base] });
    const other = await registry.add('a.b/multi', 'amd64', {
      layers: [base],
      architecture: 'amd64',
    });
    const manifests = [
      { ...other, platform: { os: 'linux', architecture: 'amd64' } },
      { ...here, platform: { os: 'linux', architecture: '386' } },
    ];
    const index = registry.blob(mediaTypes.index, json({ schemaVersion: 2, manifests }));
    registry.tag('a.b/multi', 'latest', index);
    const { id } = await store.pull('a.b/multi');
    expect(store.status(`a.b/multi@${index.digest}`)?.id).toBe(id);
  });

  it('fetches only what is missing', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    await registry.add(busybox, '2', { layers: [base, [{ path: 'app' }]] });
    await store.pull('busybox:1');
    registry.opened.length = 0;
    const progress: string[] = [];
    await store.pull('busybox:2', {
      onProgress: ({ layers }) => progress.push(layers.map(({ state }) => state).join(' ')),
    });
    expect(registry.opened).not.toContain(digestOf(await gzip(writeTar(base))));
    expect(progress[0]).toBe('present waiting');
    expect(progress.at(-1)).toBe('present done');
  });

  it('is told of while it goes on, and its image when it is there', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    const seen: string[] = [];
    store.changed.listen(() => {
      const [pull] = store.pulls;
      const name = pull && `${pull.reference} ${pull.layers[0]?.state ?? ''}`;
      seen.push(`${name ?? 'no pull'}, ${store.list().length} images`);
    });
    await store.pull('busybox:1');
    expect(seen[0]).toBe(`${busybox}:1 pulling, 0 images`);
    expect(seen).toContain(`${busybox}:1 done, 1 images`);
    expect(seen.at(-1)).toBe('no pull, 1 images');
    await expect(store.pull('busybox:2')).rejects.toThrow();
    expect(store.pulls).toEqual([]);
    seen.length = 0;
    await store.remove('busybox:1');
    expect(seen).toEqual(['no pull, 0 images']);
  });

  it('fetches a layer once for all who want it, and goes on if one of them leaves', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    await registry.add('a.b/other', 'latest', { layers: [base], config: { User: '7' } });
    const layer = digestOf(await gzip(writeTar(base)));
    const gate = new Deferred<undefined>();
    const reached = new Deferred<undefined>();
    registry.hold = async (digest) => {
      if (digest !== layer) return;
      reached.resolve(undefined);
      await gate.promise;
    };
    const leaving = new AbortController();
    const first = store.pull('busybox:1', { signal: leaving.signal });
    await reached.promise;
    const second = store.pull('a.b/other');
    // It has read its configuration, and waits for the layer.
    await expect.poll(() => registry.opened.length).toBe(5);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    gate.resolve(undefined);
    await second;
    expect(registry.opened.filter((digest) => digest === layer)).toHaveLength(1);
    expect(store.list()).toHaveLength(1);
  });

  it('leaves nothing when it is cancelled', async () => {
    const second: TarMember[] = [{ path: 'second', data: 'x' }];
    await registry.add(busybox, '1', { layers: [base, second] });
    const held = digestOf(await gzip(writeTar(second)));
    const reached = new Deferred<undefined>();
    registry.hold = async (digest, signal) => {
      if (digest !== held) return;
      reached.resolve(undefined);
      await untilAborted(new Promise<void>(() => undefined), signal);
    };
    const leaving = new AbortController();
    const pull = store.pull('busybox:1', { signal: leaving.signal });
    await reached.promise;
    leaving.abort();
    await expect(pull).rejects.toMatchObject({ code: 'cancelled' });
    expect(leftovers()).toEqual([]);

    registry.hold = () => Promise.resolve();
    await store.pull('busybox:1');
    expect(store.list()).toHaveLength(1);
  });

  it('moves a tag to the image that has it now', async () => {
    await registry.add(busybox, 'latest', { layers: [base] });
    const { id: old } = await store.pull('busybox');
    const registry2 = new FakeRegistry();
    await registry2.add(busybox, 'latest', { layers: [[{ path: 'new' }]] });
    registry = registry2;
    store = await open();
    const { id } = await store.pull('busybox');
    expect(store.status('busybox')?.id).toBe(id);
    expect(store.status(old)?.references.map((name) => name.includes('@'))).toEqual([true]);
  });

  it('gives what stands in for an image that is not there for this machine, by the name asked for', async () => {
    const descriptor = await registry.add('a.b/c', 'latest', { layers: [base] });
    const asked = `a.b/c@sha256:${'12'.repeat(32)}`;
    await expect(store.pull(asked)).rejects.toMatchObject({ code: 'not-found' });
    registry.standIn('a.b/c', `sha256:${'12'.repeat(32)}`, descriptor);
    store = await open();
    const { id } = await store.pull(asked);
    expect(store.status(asked)).toMatchObject({ id, references: [asked] });
  });
});

describe('pull refuses, and leaves nothing', () => {
  const failed = (reference: string) =>
    `failed to pull and unpack image "docker.io/library/${reference}": `;

  it.each([
    [
      'nothing',
      'nothing:latest',
      'failed to resolve image: docker.io/library/nothing:latest: not found',
    ],
    ['busybox:9', 'busybox:9', 'failed to resolve image: docker.io/library/busybox:9: not found'],
    [
      `busybox@sha256:${'0'.repeat(64)}`,
      `busybox@sha256:${'0'.repeat(64)}`,
      `failed to resolve image: docker.io/library/busybox@sha256:${'0'.repeat(64)}: not found`,
    ],
  ])('the unknown %s', async (asked, normalised, message) => {
    await registry.add(busybox, '1', { layers: [base] });
    await expect(store.pull(asked)).rejects.toMatchObject({
      code: 'not-found',
      message: failed(normalised) + message,
    });
  });

  it('what is no name', async () => {
    await expect(store.pull('No Image')).rejects.toMatchObject({
      code: 'unknown',
      message:
        'failed to parse image reference "No Image": invalid reference format: repository name (library/No Image) must be lowercase',
    });
  });

  it.each(['manifest', 'index'])('another architecture, known from the %s', async (from) => {
    const other = await registry.add(busybox, '1', { layers: [base], architecture: 'arm64' });
    if (from === 'index') {
      const manifests = [{ ...other, platform: { os: 'linux', architecture: 'arm64' } }];
      registry.tag(busybox, '1', registry.blob(mediaTypes.index, json({ manifests })));
    }
    await expect(store.pull('busybox:1')).rejects.toMatchObject({
      code: 'not-found',
      message: `${failed('busybox:1')}no match for platform in manifest: not found`,
    });
    expect(leftovers()).toEqual([]);
  });

  it('a layer with another digest', async () => {
    await registry.add(busybox, '1', { layers: [[{ path: 'fine' }], base] });
    const right = await gzip(writeTar(base));
    const wrong = right.slice();
    // the operating system in gzip's header: it unpacks all the same
    wrong[9] = (wrong[9] ?? 0) ^ 1;
    registry.blobs.set(digestOf(right), wrong);
    await expect(store.pull('busybox:1')).rejects.toMatchObject({
      code: 'failed-precondition',
      message: `${failed('busybox:1')}failed commit on ref "layer-${digestOf(right)}": unexpected commit digest ${digestOf(wrong)}, expected ${digestOf(right)}: failed precondition`,
    });
    expect(leftovers()).toEqual([]);
  });

  it('a damaged layer that cannot be unpacked: its digest is what is told', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    const right = await gzip(writeTar(base));
    const wrong = right.map((byte, i) => (i > 20 ? byte ^ 0x55 : byte));
    registry.blobs.set(digestOf(right), wrong);
    await expect(store.pull('busybox:1')).rejects.toThrow(
      `unexpected commit digest ${digestOf(wrong)}, expected ${digestOf(right)}`,
    );
    expect(leftovers()).toEqual([]);
  });

  it('a layer that comes in part, or with more behind it', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    const right = await gzip(writeTar(base));
    registry.blobs.set(digestOf(right), right.subarray(0, 30));
    await expect(store.pull('busybox:1')).rejects.toMatchObject({
      code: 'unknown',
      message: `${failed('busybox:1')}short read: expected ${right.length} bytes but got 30: unexpected EOF`,
    });
    registry.blobs.set(digestOf(right), Uint8Array.of(...right, 0));
    const ref = `"layer-${digestOf(right)}"`;
    await expect(store.pull('busybox:1')).rejects.toMatchObject({
      code: 'failed-precondition',
      message: `${failed('busybox:1')}failed commit on ref ${ref}: ${ref} failed size validation: ${right.length + 1} != ${right.length}: failed precondition`,
    });
    expect(leftovers()).toEqual([]);
  });

  it('a layer that is not gzip where it begins so, by the digest it should have', async () => {
    const config = registry.blob(
      mediaTypes.config,
      json({ ...platform, rootfs: { type: 'layers', diff_ids: [digestOf(writeTar(base))] } }),
    );
    const layer = registry.blob(mediaTypes.gzipLayer, Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3));
    const manifest = json({ schemaVersion: 2, config, layers: [layer] });
    registry.tag(busybox, '1', registry.blob(mediaTypes.manifest, manifest));
    await expect(store.pull('busybox:1')).rejects.toThrow('gzip: invalid data');
    expect(leftovers()).toEqual([]);
  });

  it('a layer that is missing', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    const digest = digestOf(await gzip(writeTar(base)));
    registry.blobs.delete(digest);
    await expect(store.pull('busybox:1')).rejects.toMatchObject({
      code: 'not-found',
      message: `${failed('busybox:1')}failed to copy: httpReadSeeker: failed open: could not fetch content descriptor ${digest} (${mediaTypes.gzipLayer}) from remote: not found`,
    });
    expect(leftovers()).toEqual([]);
  });

  it('a manifest with another digest', async () => {
    const { digest } = await registry.add(busybox, '1', { layers: [base] });
    registry.blobs.set(digest, json({ config: {}, layers: [] }));
    await expect(store.pull('busybox:1')).rejects.toThrow(
      `failed commit on ref "manifest-${digest}": unexpected commit digest`,
    );
  });

  it('contents that are not what the configuration says', async () => {
    const diffIds = [`sha256:${'1'.repeat(64)}`];
    await registry.add(busybox, '1', { layers: [base], diffIds });
    await expect(store.pull('busybox:1')).rejects.toThrow('wrong diff id');
    expect(leftovers()).toEqual([]);
  });
});

describe('status', () => {
  it('finds an image by every one of its names, and by the beginning of its id', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    const { id } = await store.pull('busybox:1');
    const hex = id.replace('sha256:', '');
    for (const name of ['busybox:1', 'docker.io/busybox:1', id, hex, hex.slice(0, 12)]) {
      expect(store.status(name)?.id).toBe(id);
    }
    for (const name of ['', 'busybox', 'busybox:2', `sha256:${'0'.repeat(64)}`, 'no such name']) {
      expect(store.status(name)).toBeUndefined();
    }
    expect(store.list({ image: 'busybox:1' })).toHaveLength(1);
    expect(store.list({ image: 'busybox:2' })).toHaveLength(0);
  });

  it('says which image no garbage collection may take', async () => {
    await registry.add('registry.k8s.io/pause', '3.10', { layers: [base] });
    await store.pull('registry.k8s.io/pause:3.10');
    expect(store.list()).toMatchObject([{ pinned: true }]);
  });
});

describe('remove', () => {
  it('takes all names of an image, and the layers that no other has', async () => {
    const own: TarMember[] = [{ path: 'own' }];
    await registry.add(busybox, '1', { layers: [base] });
    await registry.add('a.b/app', '1', { layers: [base, own] });
    await registry.add('a.b/app', '2', { layers: [base, own] });
    await store.pull('busybox:1');
    await store.pull('a.b/app:1');
    await store.pull('a.b/app:2');
    await store.remove('a.b/app:1');
    expect(store.status('a.b/app:2')).toBeUndefined();
    expect(disk.directories.has(layerDirectory(own))).toBe(false);
    expect(disk.directories.has(layerDirectory(base))).toBe(true);
    await store.remove('busybox:1');
    await store.remove('busybox:1');
    expect(leftovers()).toEqual([]);
  });

  it('leaves the layers that a container stands on until it is gone', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    const { id } = await store.pull('busybox:1');
    layersInUse = store.layersOf(id).layerDirectories;
    await store.remove(id);
    expect(disk.directories.has(layerDirectory(base))).toBe(true);
    layersInUse = [];
    await store.collectLayers();
    expect(leftovers()).toEqual([]);
  });
});

describe('after a restart', () => {
  it('has the images it had, and none of what was half done', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    await store.pull('busybox:1');
    await disk.makeDirectory(`${root}/layers/incoming-7`);
    const before = store.list();
    store = await open();
    expect(store.list()).toEqual(before);
    expect(disk.below(`${root}/layers`).join()).not.toContain('incoming');
    registry.opened.length = 0;
    await store.pull('busybox:1');
    expect(registry.opened).not.toContain(digestOf(await gzip(writeTar(base))));
  });

  it('does not believe in an image whose layer is gone', async () => {
    await registry.add(busybox, '1', { layers: [base] });
    await store.pull('busybox:1');
    await disk.remove(layerDirectory(base));
    store = await open();
    expect(store.list()).toEqual([]);
    expect(leftovers()).toEqual([]);
  });
});

it('fsInfo counts layers and records', async () => {
  expect((await store.fsInfo()).bytes).toBe(0n);
  await registry.add(busybox, '1', { layers: [base] });
  await store.pull('busybox:1');
  const { bytes, inodes } = await store.fsInfo();
  expect(bytes).toBeGreaterThan(100n);
  expect(inodes).toBeGreaterThan(2n);
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { ImageStore as ImageStoreClass } from './image-store.ts';
import { ImageStore } from './image-store.ts';
import { mediaTypes, platform } from './image-format.ts';
import { type TarMember, writeTar } from '#base/tar/writer.ts';
import { FakeRegistry, digestOf, gzip, json, sourceOf } from './testing/fake-registry.ts';
import { MemoryDisk } from './testing/memory-disk.ts';

const layer = writeTar([{ path: 'bin/sh', data: 'shell' }]);
const root = '/var/lib/sandglass/images';

let disk: MemoryDisk;
let store: ImageStoreClass;
beforeEach(async () => {
  disk = new MemoryDisk();
  store = await ImageStore.open({ disk, files: new FakeRegistry() });
});

function configuration(diffIds: string[], architecture: string = platform.architecture) {
  const rootfs = { type: 'layers', diff_ids: diffIds };
  return json({ os: 'linux', architecture, config: { Cmd: ['sh'] }, rootfs });
}

/** As docker of before 25 writes it, layers first. */
function dockerArchive(config: Uint8Array, layers: TarMember[], names: string[]): Uint8Array {
  const Config = `${digestOf(config).replace('sha256:', '')}.json`;
  const manifest = [{ Config, RepoTags: ['busybox:mine', 'a.b/c:1'], Layers: names }];
  return writeTar([
    ...layers,
    { path: Config, data: config },
    { path: 'manifest.json', data: json(manifest) },
    { path: 'repositories', data: '{}' },
  ]);
}

async function ociArchive(
  change: (blobs: Map<string, Uint8Array>, layerDigest: string) => void = () => undefined,
  annotations: Record<string, string> = { 'io.containerd.image.name': 'docker.io/library/mine:1' },
) {
  const blobs = new Map<string, Uint8Array>();
  const blob = (mediaType: string, bytes: Uint8Array) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const layers = [blob(mediaTypes.gzipLayer, await gzip(layer))];
  const config = blob(mediaTypes.config, configuration([digestOf(layer)]));
  const manifest = blob(mediaTypes.manifest, json({ schemaVersion: 2, config, layers }));
  change(blobs, layers[0]?.digest ?? '');
  const other = { ...manifest, digest: `sha256:${'0'.repeat(64)}` };
  const index = {
    schemaVersion: 2,
    manifests: [
      { ...other, platform: { os: 'linux', architecture: 'amd64' } },
      { ...manifest, annotations, platform },
    ],
  };
  return writeTar([
    ...[...blobs].map(([digest, data]) => ({ path: `blobs/${digest.replace(':', '/')}`, data })),
    { path: 'index.json', data: json(index) },
    { path: 'oci-layout', data: json({ imageLayoutVersion: '1.0.0' }) },
  ]);
}

describe('importTar', () => {
  it('takes what docker save writes', async () => {
    const config = configuration([digestOf(layer)]);
    const archive = dockerArchive(config, [{ path: 'x/layer.tar', data: layer }], ['x/layer.tar']);
    const [image] = await store.importTar(sourceOf(archive));
    expect(image).toEqual({
      id: digestOf(config),
      references: ['docker.io/library/busybox:mine', 'a.b/c:1'],
    });
    expect(store.status('busybox:mine')?.configuration.config?.Cmd).toEqual(['sh']);
    const [directory = ''] = store.layersOf('a.b/c:1').layerDirectories;
    expect(disk.files.has(`${directory}/records`)).toBe(true);
  });

  it('takes an archive that was gzipped on its way, and says what it cannot read', async () => {
    const [image] = await store.importTar(sourceOf(await gzip(await ociArchive())));
    expect(image?.references).toEqual(['docker.io/library/mine:1']);
    const zstd = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0);
    await expect(store.importTar(sourceOf(zstd))).rejects.toThrow(/zstd is not read here/);
  });

  it('follows the links of a layer that is in the archive once', async () => {
    const config = configuration([digestOf(layer), digestOf(layer)]);
    const layers: TarMember[] = [
      { path: 'x/layer.tar', data: layer },
      { path: 'y/layer.tar', type: 'symlink', target: '../x/layer.tar' },
    ];
    const archive = dockerArchive(config, layers, ['x/layer.tar', 'y/layer.tar']);
    await store.importTar(sourceOf(archive));
    expect(new Set(store.layersOf('busybox:mine').layerDirectories).size).toBe(1);
  });

  it('takes an OCI layout, of several images the ones for this machine', async () => {
    const images = await store.importTar(sourceOf(await ociArchive()));
    expect(images.map(({ references }) => references)).toEqual([['docker.io/library/mine:1']]);
    expect(store.status('mine:1')?.size).toBeGreaterThan(200);
  });

  it.each([
    ['a whole name', 'quay.io/me/app:2', ['quay.io/me/app:2']],
    ['a name without a host', 'busybox:1.36', ['docker.io/library/busybox:1.36']],
    ['a name without a tag', 'me/app', ['docker.io/me/app:latest']],
    ['a tag alone', '1.0', ['docker.io/library/import-2026-01-01:1.0']],
    ['nothing', '', []],
  ])('calls an image of an OCI layout by %s', async (_, ref, references) => {
    const annotations = { 'org.opencontainers.image.ref.name': ref };
    const archive = await ociArchive(undefined, annotations);
    const [image] = await store.importTar(sourceOf(archive), { repository: 'import-2026-01-01' });
    expect(image?.references).toEqual(references);
    expect(store.status(image?.id ?? '')?.references).toEqual(references);
  });

  it('refuses a name that is none, and leaves nothing', async () => {
    const annotations = { 'org.opencontainers.image.ref.name': 'me/App:1' };
    const archive = await ociArchive(undefined, annotations);
    await expect(store.importTar(sourceOf(archive))).rejects.toThrow('must be lowercase');
    expect(store.list()).toEqual([]);
  });

  it.each([
    [
      'a layer with another digest',
      (blobs: Map<string, Uint8Array>, digest: string) => {
        const bytes = blobs.get(digest)?.slice() ?? new Uint8Array();
        bytes[9] = (bytes[9] ?? 0) ^ 1;
        blobs.set(digest, bytes);
      },
      'unexpected commit digest',
    ],
    [
      'a missing layer',
      (blobs: Map<string, Uint8Array>, digest: string) => void blobs.delete(digest),
      'The archive has no blobs/sha256/',
    ],
  ])('refuses %s and leaves nothing', async (_, change, message) => {
    const archive = await ociArchive(change);
    await expect(store.importTar(sourceOf(archive))).rejects.toThrow(message);
    expect(store.list()).toEqual([]);
    expect(disk.below(`${root}/layers`)).toEqual([]);
  });

  it('refuses another architecture and leaves nothing', async () => {
    const config = configuration([digestOf(layer)], 'amd64');
    const archive = dockerArchive(config, [{ path: 'layer.tar', data: layer }], ['layer.tar']);
    await expect(store.importTar(sourceOf(archive))).rejects.toThrow(
      'no match for platform in manifest: not found',
    );
    expect(disk.below(`${root}/layers`)).toEqual([]);
  });

  it('refuses a tar that is no image, and one cut short', async () => {
    await expect(store.importTar(sourceOf(writeTar([{ path: 'a' }])))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'unrecognized image format',
    });
    const archive = await ociArchive();
    await expect(store.importTar(sourceOf(archive.subarray(0, 700)))).rejects.toThrow(
      'unexpected EOF',
    );
    expect(disk.below(`${root}/layers`)).toEqual([]);
  });
});

import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeTar } from '#base/tar/writer.ts';
import type { Descriptor } from '#oci/image-format.ts';
import { digestOf, json, sourceOf } from '#oci/testing/fake-registry.ts';
import { type Damage, DamagedRegistry } from './damaged-registry.ts';
import { writeImageArchive } from './image-archive.ts';
import { type Inventory, compareInventories } from './inventory.ts';
import { container } from './pods.ts';
import { TestCluster } from './test-cluster.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const registry = new DamagedRegistry();
const name = 'victim';
let cluster: TestCluster;
let clean: Inventory;

beforeAll(async () => {
  await registry.addForeign('registry.test/foreign', '1');
  cluster = await TestCluster.start(undefined, { registry });
  clean = await cluster.afterFirstPod();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  registry.repair();
  if (await cluster.pod(name)) await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

/** Its lower layer is busybox, which is there already. */
const image = 'docker.io/sandglass/http-server:1';

async function damaged(damage: Damage): Promise<Descriptor> {
  const layer = await registry.topLayerOf('docker.io/sandglass/http-server', '1');
  registry.damage(layer, damage);
  return layer;
}

const flipped = (at: number) => (blob: Uint8Array) =>
  blob.map((byte, i) => (i === at ? byte ^ 1 : byte));

const failed = (code: string, image: string, why: string) =>
  `rpc error: code = ${code} desc = failed to pull and unpack image "${image}": ${why}`;

describe('an image that the registry has, but', () => {
  it.each([
    // The operating system in gzip's header (RFC 1952): it unpacks all the same.
    ['with a layer of another digest', 9],
    ['with a layer that cannot even be unpacked', 40],
  ])('%s: its digest is what is told', async (_what, at) => {
    const { digest } = await damaged(flipped(at));
    await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
    const failure = await cluster.pullFailure(name, image);
    expect(failure.replace(/digest sha256:[0-9a-f]{64}/, 'digest OTHER')).toBe(
      failed(
        'FailedPrecondition',
        image,
        `failed commit on ref "layer-${digest}": unexpected commit digest OTHER, expected ${digest}: failed precondition`,
      ),
    );
    expect(failure).not.toContain(`digest ${digest}`);
  });

  it('with a layer that comes in part', async () => {
    const { size } = await damaged((blob) => blob.subarray(0, 50));
    await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
    expect(await cluster.pullFailure(name, image)).toBe(
      failed('Unknown', image, `short read: expected ${size} bytes but got 50: unexpected EOF`),
    );
  });

  it('without one of its layers', async () => {
    const { digest, mediaType } = await damaged(() => undefined);
    await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
    expect(await cluster.pullFailure(name, image)).toBe(
      failed(
        'NotFound',
        image,
        `failed to copy: httpReadSeeker: failed open: could not fetch content descriptor ${digest} (${mediaType}) from remote: not found`,
      ),
    );
  });

  it('for another architecture', async () => {
    const image = 'registry.test/foreign:1';
    await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
    expect(await cluster.pullFailure(name, image)).toBe(
      failed('NotFound', image, 'no match for platform in manifest: not found'),
    );
  });

  it('damaged, until it is pulled again: its pod runs then', async () => {
    await damaged(flipped(9));
    await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
    await cluster.pullFailure(name, image);
    registry.repair();
    cluster.skip(15_000);
    await cluster.ready(name);
    await cluster.deletePod(name);
    await cluster.kubernetes.criClients.image.removeImage({ image: { image } });
  });
});

/** As `docker save` writes an image of one layer. */
function dockerArchive(
  tag: string,
  change: { architecture?: string; diffId?: string; layers?: string[] },
): Uint8Array {
  const data = writeTar([{ path: 'file', data: tag }]);
  const { architecture = '386', diffId = digestOf(data), layers = ['layer.tar'] } = change;
  const rootfs = { type: 'layers', diff_ids: [diffId] };
  return writeTar([
    { path: 'layer.tar', data },
    { path: 'config.json', data: json({ os: 'linux', architecture, rootfs }) },
    {
      path: 'manifest.json',
      data: json([{ Config: 'config.json', RepoTags: [tag], Layers: layers }]),
    },
  ]);
}

describe('an archive of an image', () => {
  it.each([
    [
      'with a layer of another digest',
      { diffId: `sha256:${'0'.repeat(64)}` },
      /^unexpected commit digest sha256:[0-9a-f]{64}, expected sha256:0{64}: failed precondition$/,
    ],
    [
      'without one of its layers',
      { layers: ['other.tar'] },
      /^The archive has no other\.tar, which its image needs\.$/,
    ],
    [
      'for another architecture',
      { architecture: 'arm64' },
      /^no match for platform in manifest: not found$/,
    ],
  ])('%s is not loaded, and leaves nothing', async (_what, change, why) => {
    const image = 'registry.test/refused:1';
    const archive = sourceOf(dockerArchive(image, change));
    await expect(cluster.kubernetes.images.importTar(archive)).rejects.toThrow(why);
    expect(compareInventories(clean, await cluster.inventory())).toEqual({ more: [], less: [] });
    expect(cluster.kubernetes.images.status(image)).toBeUndefined();
  });

  it('that is whole is used without a pull', async () => {
    const image = 'registry.test/loaded:1';
    const file = path.join(tmpdir(), `sandglass-loaded-${process.pid}.tar`);
    writeImageArchive(file, {
      repository: 'docker.io/library/busybox',
      tag: '1.36',
      name: image,
    });
    const bytes = readFileSync(file);
    rmSync(file);
    await cluster.createPod(name, {
      containers: [{ ...container('main'), image, imagePullPolicy: 'Never' }],
    });
    expect(await cluster.event(name, 'ErrImageNeverPull')).toBe(
      `Container image "${image}" is not present with pull policy of Never`,
    );
    await cluster.kubernetes.images.importTar(sourceOf(bytes, 64 << 10));
    cluster.skip(15_000);
    await cluster.ready(name);
    await cluster.deletePod(name);
  });
});

import { createRouterTransport } from '@connectrpc/connect';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, wallNanoseconds } from '#base/clock.ts';
import { ImageService } from '#kube/cri/api_pb.ts';
import { criClients } from '#kube/cri/client.ts';
import { ImageStore } from '#oci/image-store.ts';
import { FakeRegistry } from '#oci/testing/fake-registry.ts';
import { MemoryDisk } from '#oci/testing/memory-disk.ts';
import { imageCalls } from './image-service.ts';
import { LocalImages } from './local-images.ts';
import { withWireErrors } from './wire-errors.ts';

const clock = new ManualClock();
let registry: FakeRegistry;
let store: ImageStore;
let client: ReturnType<typeof criClients>['image'];

beforeEach(async () => {
  registry = new FakeRegistry();
  store = await ImageStore.open({ disk: new MemoryDisk(), files: registry });
  client = criClients(
    createRouterTransport((router) => {
      router.service(ImageService, withWireErrors(imageCalls(store, clock)));
    }),
  ).image;
});

const pull = (image: string) => client.pullImage({ image: { image } });

describe('ImageService', () => {
  it('shows an image by its tags and digests', async () => {
    const { digest } = await registry.add('a.b/c', '1', { layers: [[{ path: 'x' }]] });
    const { imageRef } = await pull('a.b/c:1');
    const { image, info } = await client.imageStatus({ image: { image: 'a.b/c:1' } });
    expect(image).toMatchObject({
      id: imageRef,
      repoTags: ['a.b/c:1'],
      repoDigests: [`a.b/c@${digest}`],
      pinned: false,
      username: '',
    });
    expect(image?.size).toBeGreaterThan(100n);
    expect(image?.uid).toBeUndefined();
    expect(info).toEqual({});
    const { images } = await client.listImages({});
    expect(images).toEqual([image]);
  });

  it.each([
    ['1002', 1002n, ''],
    ['1003:1004', 1003n, ''],
    ['www-data', undefined, 'www-data'],
    ['www-data:1004', undefined, 'www-data'],
  ])('tells the user %s of an image', async (User, uid, username) => {
    await registry.add('a.b/c', '1', { layers: [], config: { User } });
    await pull('a.b/c:1');
    const { image } = await client.imageStatus({ image: { image: 'a.b/c:1' } });
    expect(image?.uid?.value).toBe(uid);
    expect(image?.username).toBe(username);
  });

  it('answers for an unknown image with nothing, and removes it without complaint', async () => {
    const image = { image: 'a.b/c:1' };
    expect((await client.imageStatus({ image })).image).toBeUndefined();
    await client.removeImage({ image });
    expect((await client.listImages({})).images).toEqual([]);
  });

  it('removes an image with all its tags', async () => {
    await registry.add('a.b/c', '1', { layers: [] });
    await registry.add('d.e/f', '2', { layers: [] });
    await pull('a.b/c:1');
    await pull('d.e/f:2');
    expect((await client.listImages({})).images.map(({ repoTags }) => repoTags)).toEqual([
      ['a.b/c:1', 'd.e/f:2'],
    ]);
    await client.removeImage({ image: { image: 'd.e/f:2' } });
    expect((await client.listImages({})).images).toEqual([]);
  });

  it('gives a failure the code that containerd gives', async () => {
    await expect(pull('nothing')).rejects.toMatchObject({
      message: expect.stringMatching(/^\[not_found\] failed to pull and unpack image/) as string,
    });
    await expect(pull('No')).rejects.toMatchObject({
      message: expect.stringMatching(/^\[unknown\] failed to parse image reference "No"/) as string,
    });
  });

  it('says more when asked for more', async () => {
    await registry.add('a.b/c', '1', { layers: [[{ path: 'x' }], [{ path: 'y' }]] });
    await pull('a.b/c:1');
    const { info } = await client.imageStatus({ image: { image: 'a.b/c:1' }, verbose: true });
    const told = JSON.parse(info['info'] ?? '') as { chainID: string; imageSpec: unknown };
    expect(told.chainID).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(told.imageSpec).toEqual(store.status('a.b/c:1')?.configuration);
  });

  it('says what images take, and where', async () => {
    clock.advance(1000);
    const { imageFilesystems } = await client.imageFsInfo({});
    expect(imageFilesystems).toMatchObject([
      { fsId: { mountpoint: '/var/lib/sandglass/images' }, usedBytes: { value: 0n } },
    ]);
    expect(imageFilesystems[0]?.timestamp).toBe(wallNanoseconds(clock));
  });
});

describe('LocalImages', () => {
  it('pulls what containers ask for unless it is there', async () => {
    await registry.add('a.b/c', '1', { layers: [[{ path: 'x' }]], config: { Cmd: ['run'] } });
    const images = new LocalImages(store);
    expect(await images.find('a.b/c:1')).toBeUndefined();
    const image = await images.ensure('a.b/c:1');
    expect(image).toMatchObject({ repoTags: ['a.b/c:1'], config: { Cmd: ['run'] } });
    expect(image.layers).toEqual(store.layersOf(image.id).layerDirectories);
    registry.opened.length = 0;
    expect(await images.ensure('a.b/c:1')).toEqual(image);
    expect(registry.opened).toEqual([]);
  });
});

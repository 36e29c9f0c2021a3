import { Code } from '@connectrpc/connect';
import { expect } from 'vitest';
import type { Image } from '#kube/cri/api_pb.ts';
import { type CriNode, podConfig, withPod } from '../cri.ts';
import type { Spec, SpecGroup } from './spec.ts';

/** The names that critest asks for (cri-tools, pkg/validate/consts.go). */
const staging = 'gcr.io/k8s-staging-cri-tools';
const withTag = `${staging}/test-image-tag:test`;
const withoutTag = `${staging}/test-image-latest`;
const withDigest = `${staging}/test-image-digest@sha256:9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf`;
const allReferences = `${staging}/test-image-tag:all`;
const differentImages = [1, 2, 3].map((n) => `${staging}/test-image-${n}:latest`);
const sameImage = [1, 2, 3].map((n) => `${staging}/test-image-tags:${n}`);
const otherRegistries = ['registry.k8s.io/pause:3.9', 'k8s.gcr.io/pause:3.9'];

async function pull(cri: CriNode, image: string): Promise<string> {
  return (await cri.image.pullImage({ image: { image } })).imageRef;
}

async function status(cri: CriNode, image: string): Promise<Image | undefined> {
  return (await cri.image.imageStatus({ image: { image } })).image;
}

async function list(cri: CriNode): Promise<Image[]> {
  return (await cri.image.listImages({ filter: {} })).images;
}

/** By its id, as critest does it. */
async function remove(cri: CriNode, ...images: string[]): Promise<void> {
  for (const image of images) {
    const found = await status(cri, image);
    if (found) await cri.image.removeImage({ image: { image: found.id } });
  }
}

/** A spec that begins and ends without these images. */
function withImages(images: readonly string[], work: Spec): Spec {
  return async (cri) => {
    await remove(cri, ...images);
    try {
      await work(cri);
    } finally {
      await remove(cri, ...images);
    }
  };
}

const pulledAndRemoved = (name: string, names: Partial<Pick<Image, 'repoTags' | 'repoDigests'>>) =>
  withImages([name], async (cri) => {
    const id = await pull(cri, name);
    const found = await status(cri, name);
    expect(found).toMatchObject({ id, ...names });
    expect(found?.size).toBeGreaterThan(0n);
    await remove(cri, name);
    expect(await status(cri, name)).toBeUndefined();
  });

/** All names go with one of them. */
const removedWithOneName = (names: readonly string[]) =>
  withImages(names, async (cri) => {
    for (const name of names) await pull(cri, name);
    const found = (await list(cri)).find(({ repoTags }) => repoTags.includes(names[0] ?? ''));
    expect(found?.repoTags.toSorted()).toEqual(names.toSorted());
    await remove(cri, names[0] ?? '');
    for (const name of [...names, found?.id ?? '']) expect(await status(cri, name)).toBeUndefined();
  });

const users: readonly [name: string, user: { uid?: { value: bigint }; username: string }][] = [
  ['test-image-user-uid', { uid: { value: 1002n }, username: '' }],
  ['test-image-user-username', { username: 'www-data' }],
  ['test-image-user-uid-group', { uid: { value: 1003n }, username: '' }],
  ['test-image-user-username-group', { username: 'www-data' }],
];

const imageManager: SpecGroup = {
  name: 'Image Manager',
  specs: {
    'public image with tag should be pulled and removed [Conformance]': pulledAndRemoved(withTag, {
      repoTags: [withTag],
    }),

    'public image should timeout if requested [Conformance]': withImages([withTag], async (cri) => {
      const call = cri.image.pullImage({ image: { image: withTag } }, { timeoutMs: 1 });
      await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
      expect(await status(cri, withTag)).toBeUndefined();
    }),

    'public image without tag should be pulled and removed [Conformance]': pulledAndRemoved(
      withoutTag,
      { repoTags: [`${withoutTag}:latest`] },
    ),

    'public image with digest should be pulled and removed [Conformance]': pulledAndRemoved(
      withDigest,
      { repoTags: [], repoDigests: [withDigest] },
    ),

    'image status should support all kinds of references [Conformance]': withImages(
      [allReferences],
      async (cri) => {
        await pull(cri, allReferences);
        const found = await status(cri, allReferences);
        const { id = '', repoTags = [], repoDigests = [] } = found ?? {};
        expect([repoTags.length, repoDigests.length]).toEqual([1, 1]);
        for (const name of [id, ...repoTags, ...repoDigests]) {
          expect(await status(cri, name), name).toEqual(found);
        }
      },
    ),

    'image status get image fields should not have Uid|Username empty [Conformance]': withImages(
      users.map(([name]) => `${staging}/${name}`),
      async (cri) => {
        for (const [name, user] of users) {
          await pull(cri, `${staging}/${name}`);
          const found = await status(cri, `${staging}/${name}`);
          expect([found?.uid?.value, found?.username], name).toEqual([
            user.uid?.value,
            user.username,
          ]);
        }
      },
    ),

    'listImage should get exactly 3 image in the result list [Conformance]': withImages(
      differentImages,
      async (cri) => {
        for (const name of differentImages) {
          const id = await pull(cri, name);
          const found = (await list(cri)).filter((image) => image.id === id);
          expect(found.map(({ repoTags }) => repoTags)).toEqual([[name]]);
        }
      },
    ),

    'listImage should get exactly 3 repoTags in the result image [Conformance]': withImages(
      sameImage,
      async (cri) => {
        const ids = new Set<string>();
        for (const name of sameImage) ids.add(await pull(cri, name));
        expect(ids.size).toBe(1);
        const found = (await list(cri)).filter(({ id }) => ids.has(id));
        expect(found.map(({ repoTags }) => repoTags.toSorted())).toEqual([sameImage]);
      },
    ),

    'removing image by one tag should remove all tags [Conformance]': removedWithOneName(sameImage),

    'removing image from one registry should remove all tags from other registries [Conformance]':
      removedWithOneName(otherRegistries),
  },
};

const consistency: SpecGroup = {
  name: 'Image Consistency',
  specs: {
    'should not list or get image status immediately after removal [Conformance]': withImages(
      [withTag],
      async (cri) => {
        await pull(cri, withTag);
        await remove(cri, withTag);
        const images = await list(cri);
        expect(images.flatMap(({ repoTags }) => repoTags)).not.toContain(withTag);
        expect(await status(cri, withTag)).toBeUndefined();
      },
    ),

    'should list and get image status immediately after pulling [Conformance]': withImages(
      [withTag],
      async (cri) => {
        await pull(cri, withTag);
        expect((await list(cri)).flatMap(({ repoTags }) => repoTags)).toContain(withTag);
        expect(await status(cri, withTag)).toBeDefined();
      },
    ),

    'should not fail on simultaneous RemoveImage calls [Conformance]': withImages(
      [withTag],
      async (cri) => {
        const image = await pull(cri, withTag);
        const removeAndLook = async () => {
          await cri.image.removeImage({ image: { image } });
          return status(cri, image);
        };
        const seen = await Promise.all(Array.from({ length: 5 }, removeAndLook));
        expect(seen).toEqual(Array.from({ length: 5 }, () => undefined));
      },
    ),
  },
};

/** The id of a container's image as each call tells it, of an image pulled by these names. */
function sameIdentifier(names: readonly string[]): Spec {
  return withImages(names, async (cri) => {
    const ids = new Set<string | undefined>();
    for (const name of names) {
      ids.add(await pull(cri, name));
      ids.add((await status(cri, name))?.id);
    }
    const [image = ''] = ids;
    await withPod(cri, podConfig(), async (pod) => {
      const id = await pod.start({ image: { image, userSpecifiedImage: names.at(-1) ?? '' } });
      ids.add((await cri.runtime.containerStatus({ containerId: id })).status?.imageId);
      const { containers } = await cri.runtime.listContainers({ filter: { id } });
      for (const { imageId } of containers) ids.add(imageId);
    });
    expect([...ids]).toEqual([image]);
    expect(image).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
}

const identifiers: SpecGroup = {
  name: 'Image Identifier Consistency',
  specs: {
    'should return the same image identifier across all APIs [Conformance]': sameIdentifier([
      withTag,
    ]),
    'should return the same image identifier when pulled from different registries [Conformance]':
      sameIdentifier(otherRegistries),
  },
};

export const images: readonly SpecGroup[] = [imageManager, consistency, identifiers];

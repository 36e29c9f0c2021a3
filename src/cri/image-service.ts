import { create } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type Clock, wallNanoseconds } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import {
  type Image as ImageMessage,
  ImageSchema,
  type ImageService,
  type ImageSpec,
  type ImageStatusRequest,
} from '#kube/cri/api_pb.ts';
import type { ImageConfiguration } from '#oci/image-format.ts';
import { repoDigests, repoTags } from '#oci/image-record.ts';
import type { Image, ImageStore } from '#oci/image-store.ts';

export type ImageServiceImpl = Partial<ServiceImpl<typeof ImageService>>;

/** ImageService of CRI v1 as containerd answers it (internal/cri/server/images/). */
export function imageCalls(store: ImageStore, clock: Clock) {
  return {
    listImages: ({ filter }) => ({
      images: store.list({ image: filter?.image?.image ?? '' }).map(imageMessage),
    }),
    imageStatus: (request) => imageStatus(store, request),
    async pullImage({ image }, { signal }) {
      const { id } = await store.pull(image?.image ?? '', { signal });
      return { imageRef: id };
    },
    async removeImage({ image }) {
      const found = resolve(store, image);
      if (found) await store.remove(found.id);
      return {};
    },
    async imageFsInfo() {
      const { bytes, inodes } = await store.fsInfo();
      const usage = {
        timestamp: wallNanoseconds(clock),
        fsId: { mountpoint: store.directory },
        usedBytes: { value: bytes },
        inodesUsed: { value: inodes },
      };
      return { imageFilesystems: [usage] };
    },
  } satisfies ImageServiceImpl;
}

function imageStatus(store: ImageStore, { image: spec, verbose }: ImageStatusRequest) {
  const image = resolve(store, spec);
  if (!image) return {};
  return { image: imageMessage(image), info: verbose ? { info: verboseInfo(image) } : {} };
}

/** Undefined if there is none; rejects what may be several ids' beginning. */
function resolve(store: ImageStore, spec: ImageSpec | undefined): Image | undefined {
  const name = spec?.image ?? '';
  try {
    return store.status(name);
  } catch (error) {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(code, `can not resolve "${name}" locally: ${message}`, {
      cause: error,
    });
  }
}

function imageMessage(image: Image): ImageMessage {
  return create(ImageSchema, {
    id: image.id,
    repoTags: repoTags(image),
    repoDigests: repoDigests(image),
    size: BigInt(image.size),
    pinned: image.pinned,
    ...userOf(image.configuration.config?.User ?? ''),
  });
}

/** A number is a uid, all else a name; the group is nobody's business here (getUserFromImage). */
function userOf(text: string): { uid?: { value: bigint }; username?: string } {
  const [user = ''] = text.split(':');
  if (user === '') return {};
  return /^[+-]?\d+$/.test(user) ? { uid: { value: BigInt(user) } } : { username: user };
}

function verboseInfo({ configuration }: Image): string {
  return JSON.stringify({ chainID: chainId(configuration), imageSpec: configuration });
}

/** The digest of all layers together (image-spec, config.md, Layer ChainID). */
export function chainId({ rootfs }: Pick<ImageConfiguration, 'rootfs'>): string {
  const [first = '', ...rest] = rootfs.diff_ids;
  const encoder = new TextEncoder();
  return rest.reduce(
    (chain, diffId) => `sha256:${bytesToHex(sha256(encoder.encode(`${chain} ${diffId}`)))}`,
    first,
  );
}

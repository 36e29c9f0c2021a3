import { type ByteSource, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { DigestingSource } from './digesting-source.ts';
import { type Descriptor, mediaTypes } from './image-format.ts';
import type { RegistryFiles } from './ports.ts';
import { type ImageReference, referenceText } from './reference.ts';
import { type RegistryIndex, type Repository, parseRegistryIndex } from './registry-index.ts';

/** Manifests are small; what is longer is none. */
const manifestLimit = 4 << 20;

/** The site as a registry that nobody can write to, whatever host a reference names. */
export class RegistryClient {
  readonly #files: RegistryFiles;
  #index: Promise<RegistryIndex> | undefined;

  constructor(files: RegistryFiles) {
    this.#files = files;
  }

  /** Every name that can be pulled, in the registry's order. */
  async references(signal?: AbortSignal): Promise<ImageReference[]> {
    const { repositories } = await untilAborted(this.#loadIndex(), signal);
    return Object.entries(repositories).flatMap(([name, { tags }]) =>
      Object.keys(tags).map((tag) => ({ name, tag })),
    );
  }

  /** The digest of the manifest or index that a reference stands for. */
  async resolve(reference: ImageReference, signal?: AbortSignal): Promise<string> {
    const { repositories } = await untilAborted(this.#loadIndex(), signal);
    const repository = Object.hasOwn(repositories, reference.name)
      ? repositories[reference.name]
      : undefined;
    const found = repository && findDigest(repository, reference);
    if (found !== undefined) return found;
    // core/transfer/local/pull.go and core/remotes/docker/resolver.go of containerd
    throw new SandglassError(
      'not-found',
      `failed to resolve image: ${referenceText(reference)}: not found`,
    );
  }

  /** A manifest, index or configuration, checked. */
  async read(
    { digest, mediaType, size }: Pick<Descriptor, 'digest' | 'mediaType'> & { size?: number },
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const source = new DigestingSource(await this.open({ digest, mediaType }, signal));
    const bytes = await readAllBytes(limited(source, manifestLimit, digest), signal);
    checkBlob(
      { digest, mediaType, size: size ?? bytes.length },
      { digest: await source.digest(signal), size: source.length },
    );
    return bytes;
  }

  /** A blob as it comes: who reads it checks its digest. */
  async open(
    { digest, mediaType }: Pick<Descriptor, 'digest' | 'mediaType'>,
    signal?: AbortSignal,
  ): Promise<ByteSource> {
    try {
      return await this.#files.open(`blobs/${digest.replace(':', '/')}`, signal);
    } catch (error) {
      if (!(error instanceof SandglassError) || error.code !== 'not-found') throw error;
      // core/remotes/docker/fetcher.go and httpreadseeker.go of containerd
      throw new SandglassError(
        'not-found',
        `failed to copy: httpReadSeeker: failed open: could not fetch content descriptor ${digest} (${mediaType}) from remote: not found`,
        { cause: error },
      );
    }
  }

  /** Read once; a failed fetch is tried again by the next pull. */
  #loadIndex(): Promise<RegistryIndex> {
    this.#index ??= this.#files
      .open('index.json')
      .then((source) => readAllBytes(source))
      .then(parseRegistryIndex);
    this.#index.catch(() => (this.#index = undefined));
    return this.#index;
  }
}

/**
 * Rejects a blob that is not what its descriptor says, in the words of containerd as it copies one (core/content/helpers.go,
 * core/metadata/content.go, plugins/content/local/writer.go).
 */
export function checkBlob(
  { digest, size, mediaType }: Pick<Descriptor, 'digest' | 'size' | 'mediaType'>,
  actual: { digest: string; size: number },
): void {
  if (actual.size < size) {
    throw new SandglassError(
      'unknown',
      `short read: expected ${size} bytes but got ${actual.size}: unexpected EOF`,
    );
  }
  const ref = `${kindOf(mediaType)}-${digest}`;
  const refuse = (why: string) =>
    new SandglassError(
      'failed-precondition',
      `failed commit on ref "${ref}": ${why}: failed precondition`,
    );
  if (actual.size > size) {
    throw refuse(`"${ref}" failed size validation: ${actual.size} != ${size}`);
  }
  if (actual.digest !== digest) {
    throw refuse(`unexpected commit digest ${actual.digest}, expected ${digest}`);
  }
}

/** As containerd names what it fetches (core/remotes/handlers.go, MakeRefKey). */
function kindOf(mediaType: string): string {
  if (mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex) return 'index';
  if (mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest) {
    return 'manifest';
  }
  return mediaType.includes('config') ? 'config' : 'layer';
}

function findDigest(
  { tags, standIns = {} }: Repository,
  { tag, digest }: ImageReference,
): string | undefined {
  if (digest === undefined) return Object.hasOwn(tags, tag ?? '') ? tags[tag ?? ''] : undefined;
  return Object.values(tags).includes(digest) ? digest : standIns[digest];
}

function limited(source: ByteSource, limit: number, digest: string): ByteSource {
  let left = limit;
  return {
    async read(signal) {
      const chunk = await source.read(signal);
      left -= chunk?.length ?? 0;
      if (left >= 0) return chunk;
      source.cancel();
      throw new SandglassError('invalid-argument', `manifest ${digest} is too large`);
    },
    cancel: () => {
      source.cancel();
    },
  };
}

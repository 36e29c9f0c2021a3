import { type ByteSource, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { DigestingSource } from './digesting-source.ts';
import type { Descriptor } from './image-format.ts';
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
    checkBlob({ digest, size: size ?? bytes.length }, source.length, await source.digest(signal));
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

/** Rejects a blob that is not what its descriptor says (plugins/content/local/writer.go of containerd). */
export function checkBlob(
  expected: Pick<Descriptor, 'digest' | 'size'>,
  size: number,
  digest: string,
): void {
  if (size !== expected.size) {
    throw new SandglassError(
      'failed-precondition',
      `commit failed: unexpected commit size ${size}, expected ${expected.size}: failed precondition`,
    );
  }
  if (digest !== expected.digest) {
    throw new SandglassError(
      'failed-precondition',
      `commit failed: unexpected commit digest ${digest}, expected ${expected.digest}: failed precondition`,
    );
  }
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

import { sha256Hex } from '#base/digest.ts';
import { type ByteSource, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { ByteReader } from '#base/byte-reader.ts';
import {
  type Descriptor,
  type Manifest,
  type ManifestIndex,
  layersWithDiffIds,
  manifestsForNode,
  parseConfiguration,
  parseJson,
  parseManifest,
} from './image-format.ts';
import { decompressed } from './decompress.ts';
import type { ImageRecord } from './image-record.ts';
import type { LayerStore, UnpackedLayer } from './layer-store.ts';
import { parseReference, referenceText } from './reference.ts';
import { readTar } from '#base/tar/reader.ts';

export interface ImportedArchive {
  images: ImageRecord[];
  /** Gives the layers' lease back, once somebody else keeps them. */
  release: () => void;
}

export interface ImportOptions {
  /** What an image is called whose layout names it by a tag alone. */
  repository?: string;
  signal?: AbortSignal;
}

/** What `docker save` lists in manifest.json. */
interface DockerImage {
  readonly Config: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** What JSON in an archive is kept in memory; nothing of an image comes near. */
const jsonLimit = 8 << 20;

/**
 * Reads an archive once, gzipped or not, from its beginning to its end, as it may come from afar: what looks like JSON
 * is kept, all else is taken for a layer and unpacked, and the end tells what of it belongs to an image.
 */
export async function importArchive(
  source: ByteSource,
  layers: LayerStore,
  { repository = 'import', signal }: ImportOptions = {},
): Promise<ImportedArchive> {
  const archive = new Archive(repository);
  const releases: (() => void)[] = [];
  const release = () => {
    for (const each of releases) each();
  };
  try {
    for await (const { path, type, target, contents } of readTar(
      await decompressed(source, signal),
      signal,
    )) {
      if (type === 'symlink' || type === 'hardlink')
        archive.links.set(path, linked(path, type, target));
      if (type !== 'file') continue;
      const reader = new ByteReader(contents);
      if (await looksLikeJson(reader, signal)) {
        archive.documents.set(path, await readDocument(reader.remainder(), path, signal));
      } else if (await looksLikeLayer(reader, signal)) {
        const layer = await layers.add(reader.remainder(), signal);
        releases.push(layers.lease([layer.diffId]));
        archive.layers.set(path, layer);
      }
    }
    return { images: await archive.images(), release };
  } catch (error) {
    release();
    throw error;
  } finally {
    source.cancel();
  }
}

class Archive {
  readonly #repository: string;
  readonly documents = new Map<string, Uint8Array>();
  readonly layers = new Map<string, UnpackedLayer>();
  /** Older versions of `docker save` write a layer once and link to it. */
  readonly links = new Map<string, string>();

  constructor(repository: string) {
    this.#repository = repository;
  }

  async images(): Promise<ImageRecord[]> {
    const docker = this.documents.get('manifest.json');
    if (docker) {
      const list = parseJson(docker, 'manifest.json') as readonly DockerImage[];
      return Promise.all(list.map((image) => this.#dockerImage(image)));
    }
    const index = this.documents.get('index.json');
    if (!index) {
      // core/images/archive/importer.go of containerd
      throw new SandglassError('invalid-argument', 'unrecognized image format');
    }
    const manifests = manifestsForNode(parseJson(index, 'index.json') as ManifestIndex);
    return Promise.all(manifests.map((descriptor) => this.#ociImage(descriptor)));
  }

  async #dockerImage(image: DockerImage): Promise<ImageRecord> {
    const bytes = this.#document(image.Config);
    const id = `sha256:${await sha256Hex(bytes)}`;
    const configuration = parseConfiguration(bytes, id);
    const found = image.Layers.map((path) => this.#layer(path));
    requireLayers(found, configuration.rootfs.diff_ids);
    return {
      id,
      configuration,
      references: (image.RepoTags ?? []).map((tag) => referenceText(parseReference(tag))),
      size: found.reduce((sum, { size }) => sum + size, bytes.length),
    };
  }

  async #ociImage(descriptor: Descriptor): Promise<ImageRecord> {
    const { manifest, size } = await this.#manifest(descriptor);
    const { digest: id } = manifest.config;
    const configuration = parseConfiguration(await this.#blob(manifest.config), id);
    const wanted = layersWithDiffIds(manifest, configuration);
    const found = wanted.map(({ descriptor: { digest } }) => this.#layer(blobPath(digest)));
    for (const [i, layer] of found.entries())
      requireDigest(layer.digest, wanted[i]?.descriptor.digest);
    requireLayers(found, configuration.rootfs.diff_ids);
    return {
      id,
      configuration,
      references: this.#names(descriptor).map((name) => referenceText(parseReference(name))),
      size: found.reduce((sum, layer) => sum + layer.size, size + manifest.config.size),
    };
  }

  /** containerd, client/import.go, imageName, and core/images/archive/reference.go, refTranslator */
  #names({ annotations = {} }: Descriptor): string[] {
    const name = annotations['io.containerd.image.name'] ?? '';
    if (name !== '') return [name];
    const ref = annotations['org.opencontainers.image.ref.name'] ?? '';
    if (ref === '') return [];
    return [/[/:@]/.test(ref) ? ref : `${this.#repository}:${ref}`];
  }

  async #manifest(descriptor: Descriptor): Promise<{ manifest: Manifest; size: number }> {
    const bytes = await this.#blob(descriptor);
    const parsed = parseManifest(bytes, descriptor.digest);
    if ('manifest' in parsed) return { manifest: parsed.manifest, size: bytes.length };
    return this.#manifest(manifestsForNode(parsed.index)[0]);
  }

  async #blob({ digest }: Descriptor): Promise<Uint8Array> {
    const bytes = this.#document(blobPath(digest));
    requireDigest(`sha256:${await sha256Hex(bytes)}`, digest);
    return bytes;
  }

  #document(path: string): Uint8Array {
    return this.#find(this.documents, path);
  }

  #layer(path: string): UnpackedLayer {
    return this.#find(this.layers, path);
  }

  #find<T>(files: ReadonlyMap<string, T>, path: string): T {
    const found = files.get(path) ?? files.get(this.links.get(path) ?? '');
    if (found) return found;
    throw new SandglassError('not-found', `The archive has no ${path}, which its image needs.`);
  }
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function linked(path: string, type: 'symlink' | 'hardlink', target: string): string {
  if (type === 'hardlink') return target;
  const parts = path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function requireLayers(found: readonly UnpackedLayer[], diffIds: readonly string[]): void {
  if (found.length !== diffIds.length) {
    throw new SandglassError('unknown', 'mismatched image rootfs and manifest layers');
  }
  for (const [i, { diffId }] of found.entries()) requireDigest(diffId, diffIds[i]);
}

function requireDigest(actual: string, expected: string | undefined): void {
  if (actual === expected) return;
  throw new SandglassError(
    'failed-precondition',
    `unexpected commit digest ${actual}, expected ${expected ?? 'none'}: failed precondition`,
  );
}

async function looksLikeJson(reader: ByteReader, signal?: AbortSignal): Promise<boolean> {
  const [first] = await reader.peek(1, signal);
  return first === 0x7b || first === 0x5b;
}

/** A tar archive, or something compressed; not the VERSION and repositories files of old archives. */
async function looksLikeLayer(reader: ByteReader, signal?: AbortSignal): Promise<boolean> {
  const start = await reader.peek(512, signal);
  const isGzip = start[0] === 0x1f && start[1] === 0x8b;
  const isZstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f;
  return isGzip || isZstd || start.length === 512;
}

async function readDocument(
  source: ByteSource,
  path: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  let length = 0;
  return readAllBytes(
    {
      async read() {
        const chunk = await source.read(signal);
        length += chunk?.length ?? 0;
        if (length > jsonLimit) {
          throw new SandglassError('invalid-argument', `${path} in the archive is too long.`);
        }
        return chunk;
      },
      cancel: () => undefined,
    },
    signal,
  );
}

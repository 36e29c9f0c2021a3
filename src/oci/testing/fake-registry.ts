import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { type Descriptor, type ImageDefaults, mediaTypes, platform } from '#oci/image-format.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import { type TarMember, writeTar } from '#base/tar/writer.ts';

export interface FakeImage {
  layers: TarMember[][];
  config?: ImageDefaults;
  architecture?: string;
  /** Instead of the true ones. */
  diffIds?: string[];
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${bytesToHex(sha256(bytes))}`;
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function sourceOf(bytes: Uint8Array, chunk = 1000): ByteSource {
  let at = 0;
  return {
    read() {
      const piece = bytes.subarray(at, at + chunk);
      at += piece.length;
      return Promise.resolve(piece.length === 0 ? undefined : piece);
    },
    cancel: () => (at = bytes.length),
  };
}

/** A registry for tests: its files in memory, each open counted and, if wanted, held. */
export class FakeRegistry implements RegistryFiles {
  readonly blobs = new Map<string, Uint8Array>();
  readonly opened: string[] = [];
  readonly #repositories: Record<string, { tags: Record<string, string> }> = {};
  /** Awaited before a blob is given out. */
  hold: (digest: string, signal?: AbortSignal) => Promise<void> = () => Promise.resolve();

  async add(name: string, tag: string, image: FakeImage): Promise<Descriptor> {
    const { layers, config = {}, architecture = platform.architecture } = image;
    const tars = layers.map((members) => writeTar(members));
    const descriptors: Descriptor[] = [];
    for (const tar of tars) descriptors.push(this.blob(mediaTypes.gzipLayer, await gzip(tar)));
    const configuration = this.blob(
      mediaTypes.config,
      json({
        os: platform.os,
        architecture,
        config,
        rootfs: { type: 'layers', diff_ids: image.diffIds ?? tars.map(digestOf) },
      }),
    );
    const manifest = { schemaVersion: 2, config: configuration, layers: descriptors };
    return this.tag(name, tag, this.blob(mediaTypes.manifest, json(manifest)));
  }

  blob(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  tag(name: string, tag: string, descriptor: Descriptor): Descriptor {
    (this.#repositories[name] ??= { tags: {} }).tags[tag] = descriptor.digest;
    return descriptor;
  }

  standIn(name: string, digest: string, descriptor: Descriptor): void {
    Object.assign(this.#repositories[name] ?? {}, { standIns: { [digest]: descriptor.digest } });
  }

  async open(path: string, signal?: AbortSignal): Promise<ByteSource> {
    if (path === 'index.json') {
      return sourceOf(json({ version: 1, repositories: this.#repositories, blobs: {} }));
    }
    const digest = path.replace('blobs/sha256/', 'sha256:');
    this.opened.push(digest);
    await this.hold(digest, signal);
    const bytes = this.blobs.get(digest);
    if (bytes) return sourceOf(bytes);
    throw new SandglassError('not-found', `no ${path}`);
  }
}

export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const plain = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const packed = plain.pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import type { AssetSource, FetchProgress } from '#cluster/guest-assets.ts';
import type { GuestAsset } from '#cluster/guest-manifest.ts';

/** The guest's files from a directory of this machine. */
export class DirectoryAssets implements AssetSource {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async manifest(): Promise<string> {
    return new TextDecoder().decode(await this.#read('manifest.json', 'manifest'));
  }

  async fetch(
    asset: GuestAsset,
    onProgress: (progress: FetchProgress) => void,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const bytes = await this.#read(asset.path, asset.name, signal);
    onProgress({ loadedBytes: bytes.length, totalBytes: bytes.length, fromCache: false });
    return bytes;
  }

  async forget(): Promise<void> {
    // Nothing is cached: the directory itself is what is read.
  }

  async #read(file: string, name: string, signal?: AbortSignal): Promise<Uint8Array> {
    try {
      const bytes = await readFile(path.join(this.#directory, file), signal ? { signal } : {});
      // A Buffer's `slice` shares its memory, against what a Uint8Array promises.
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new SandglassError(
        'not-found',
        `The guest's ${name} (${file}) is not built yet: run "npm run images" first.`,
        { cause },
      );
    }
  }
}

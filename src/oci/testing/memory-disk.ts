import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { DiskUsage, LayerWriter, NodeDisk } from '#oci/ports.ts';

/** A disk for tests. What a layer's records were is a file named `records` in its directory. */
export class MemoryDisk implements NodeDisk {
  readonly files = new Map<string, Uint8Array>();
  readonly directories = new Set<string>();

  /** What is below a directory. */
  below(directory: string): string[] {
    return [...this.files.keys(), ...this.directories]
      .filter((path) => path.startsWith(`${directory}/`))
      .sort();
  }

  makeDirectory(path: string): Promise<void> {
    const parts = path.split('/');
    for (let i = 2; i <= parts.length; i++) this.directories.add(parts.slice(0, i).join('/'));
    return Promise.resolve();
  }

  list(path: string): Promise<string[]> {
    const names = this.below(path).map((name) => name.slice(path.length + 1).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)]);
  }

  readFile(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(path);
    if (bytes) return Promise.resolve(bytes);
    return Promise.reject(new SandglassError('not-found', `no ${path}`));
  }

  writeFile(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, bytes);
    return Promise.resolve();
  }

  rename(from: string, to: string): Promise<void> {
    if (!this.directories.has(from)) throw new SandglassError('not-found', `no ${from}`);
    if (this.directories.has(to)) throw new SandglassError('already-exists', `${to} is there`);
    for (const path of [from, ...this.below(from)]) {
      const moved = to + path.slice(from.length);
      const bytes = this.files.get(path);
      if (bytes) this.files.set(moved, bytes);
      else this.directories.add(moved);
      this.files.delete(path);
      this.directories.delete(path);
    }
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    for (const each of [path, ...this.below(path)]) {
      this.files.delete(each);
      this.directories.delete(each);
    }
    return Promise.resolve();
  }

  unpack(directory: string): Promise<LayerWriter> {
    const chunks: Uint8Array[] = [];
    return Promise.resolve({
      sink: {
        write: (bytes) => {
          chunks.push(bytes.slice());
          return Promise.resolve();
        },
        end: () => undefined,
      },
      finish: () => this.writeFile(`${directory}/records`, concatBytes(chunks)),
      cancel: () => Promise.resolve(),
    });
  }

  usage(directory: string): Promise<DiskUsage> {
    const found = this.below(directory);
    const sizes = found.map((path) => this.files.get(path)?.length ?? 0);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return Promise.resolve({ bytes: BigInt(bytes), inodes: BigInt(found.length) });
  }
}

import type { ByteSink, ByteSource } from '#base/byte-stream.ts';

/** The site's files, by paths below the folder of the registry. */
export interface RegistryFiles {
  /** Rejects with `not-found` if the site has no such file. */
  open(path: string, signal?: AbortSignal): Promise<ByteSource>;
}

export interface DiskUsage {
  bytes: bigint;
  inodes: bigint;
}

/** A layer on its way to the node's disk. */
export interface LayerWriter {
  /** Takes the records of layer-stream.ts. */
  readonly sink: ByteSink;
  /** Resolves when the node has the whole layer. */
  finish(): Promise<void>;
  /** Gives up; what is there so far stays, and is the caller's to remove. Resolves when no more comes. */
  cancel(): Promise<void>;
}

/** The node's disk, as far as images need it. Paths are absolute. */
export interface NodeDisk {
  /** With the directories above it; no error if it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory. */
  list(path: string): Promise<string[]>;
  readFile(path: string): Promise<Uint8Array>;
  /** Readers see the old file or the whole new one. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** With all that is in it; no error if it is missing. */
  remove(path: string): Promise<void>;
  /** Unpacks into an existing directory. */
  unpack(directory: string, signal?: AbortSignal): Promise<LayerWriter>;
  usage(directory: string): Promise<DiskUsage>;
}

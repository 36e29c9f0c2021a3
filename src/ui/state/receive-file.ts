import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { words } from '#ui/words/words.ts';
import { bytesInWords } from './words.ts';

/** A file on the reader's disk that is being written: there when it is closed, and not at all if it is aborted. */
export interface FileSink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** How the reader's browser takes files from a page. */
export interface ReaderFiles {
  /** Gives the reader a whole file. */
  save(name: string, content: Blob): void;
  /** Asks the reader for a place to write to; absent where browsers have no such thing. Rejects with `cancelled` if the reader will not. */
  open?(name: string): Promise<FileSink>;
}

/** Bytes kept as separate chunks before they become a blob, which a browser may keep on disk. */
const blobPart = 8 << 20;

/** Bytes that a page collects before it hands them over; browsers refuse blobs of a few times that. */
export const blobLimit = 1_000_000_000;

export interface Announced {
  name: string;
  /** What stat(2) says; 0 in /proc, and a log may grow. */
  bytes: number;
}

interface ReceiveOptions {
  source: ByteSource;
  /** Comes while the first bytes do. */
  announced: Promise<Announced>;
  files: ReaderFiles;
  onBytes: (count: number) => void;
  signal: AbortSignal;
}

/** Takes a file to its end and gives it to the reader; one beyond `blobLimit` is written to disk as it comes. Resolves with its bytes. */
export async function receiveFile(options: ReceiveOptions): Promise<number> {
  const { source, announced, files, onBytes, signal } = options;
  const blob = new BlobParts();
  const decided = announced.then((facts) => openIfLarge(facts, files));
  decided.catch(() => undefined);
  let received = 0;
  let target: { sink: FileSink | undefined } | undefined;
  const decide = async () => {
    const sink = await untilAborted(decided, signal);
    if (sink) await sink.write(await blob.take());
    return { sink };
  };
  try {
    for (let chunk = await source.read(signal); chunk; chunk = await source.read(signal)) {
      received += chunk.length;
      onBytes(chunk.length);
      if (target?.sink) await target.sink.write(chunk.slice());
      else blob.add(chunk);
      if (received >= blobPart) target ??= await decide();
      if (!target?.sink && received > blobLimit) throw tooLarge(words.transfers.endless, received);
    }
    target ??= await decide();
    signal.throwIfAborted();
    if (target.sink) await target.sink.close();
    else files.save((await announced).name, blob.whole());
    return received;
  } catch (error) {
    // Also one that the reader chooses after the stream has failed.
    decided.then((late) => late?.abort()).catch(() => undefined);
    throw error;
  }
}

/** Takes bytes to their end as one blob. */
export async function receiveBlob({
  source,
  onBytes,
  signal,
}: Pick<ReceiveOptions, 'source' | 'onBytes' | 'signal'>): Promise<Blob> {
  const parts = new BlobParts();
  for (let chunk = await source.read(signal); chunk; chunk = await source.read(signal)) {
    onBytes(chunk.length);
    parts.add(chunk);
  }
  return parts.whole();
}

async function openIfLarge(
  { name, bytes }: Announced,
  files: ReaderFiles,
): Promise<FileSink | undefined> {
  if (bytes <= blobLimit) return undefined;
  if (!files.open) throw tooLarge(words.transfers.tooLarge, bytes);
  return files.open(name);
}

function tooLarge(say: (size: string, limit: string) => string, bytes: number): SandglassError {
  const message = say(bytesInWords(bytes), bytesInWords(blobLimit));
  return new SandglassError('resource-exhausted', message);
}

/** Collects bytes as the parts of a blob. */
class BlobParts {
  readonly #blobs: Blob[] = [];
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #kept = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk.slice());
    this.#kept += chunk.length;
    if (this.#kept < blobPart) return;
    this.#blobs.push(new Blob(this.#chunks));
    this.#chunks = [];
    this.#kept = 0;
  }

  whole(): Blob {
    // Without a type, Chromium takes a look inside and may append `.txt` to the file's name.
    return new Blob([...this.#blobs, ...this.#chunks], { type: 'application/octet-stream' });
  }

  async take(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(await this.whole().arrayBuffer());
    this.#blobs.length = 0;
    this.#chunks = [];
    return bytes;
  }
}

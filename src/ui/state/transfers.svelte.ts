import { BytePort } from '#base/byte-port.ts';
import type { ByteSource } from '#base/byte-stream.ts';
import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError, cancelledError } from '#base/errors.ts';
import type { NodeApi } from '#rpc/contracts.ts';
import { bytesInWords, errorInWords } from './words.ts';

/** A file of the reader's, as the browser's `File` is. */
export interface LocalFile {
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array>;
}

/** Gives the reader a file. */
export type SaveFile = (name: string, content: Blob) => void;

export type TransferState = 'running' | 'done' | 'failed' | 'cancelled';

/** Bytes kept as separate chunks before they become a blob, which a browser may keep on disk. */
const blobPart = 8 << 20;

/** How long a transfer that went well stays in the list, in milliseconds; others wait for the reader. */
const doneStays = 10_000;

/** A file on its way into the guest or out of it. */
export class Transfer {
  readonly id: number;
  readonly kind: 'upload' | 'download';
  readonly name: string;
  /** The file's path in the guest. */
  readonly path: string;
  doneBytes = $state(0);
  totalBytes = $state<number | undefined>();
  state = $state<TransferState>('running');
  /** How it ended, in a sentence. */
  message = $state('');
  readonly abort = new AbortController();

  constructor(id: number, kind: 'upload' | 'download', name: string, path: string) {
    this.id = id;
    this.kind = kind;
    this.name = name;
    this.path = path;
  }

  cancel(): void {
    this.abort.abort();
  }
}

export class Transfers {
  readonly #api: () => NodeApi;
  readonly #save: SaveFile;
  readonly #clock: Clock;
  #list = $state.raw<Transfer[]>([]);
  #nextId = 1;

  constructor(api: () => NodeApi, save: SaveFile, clock: Clock) {
    this.#api = api;
    this.#save = save;
    this.#clock = clock;
  }

  get list(): readonly Transfer[] {
    return this.#list;
  }

  /** Writes a file into the guest. Resolves when that has ended, well or not. */
  upload(file: LocalFile, path: string): Promise<void> {
    const transfer = this.#add('upload', file.name, path);
    transfer.totalBytes = file.size;
    return this.#follow(transfer, async (port, remotePort) => {
      const sending = sendFile(file, port, transfer);
      sending.catch(() => undefined);
      const written = await this.#api().uploadFile(path, remotePort);
      if (written !== file.size) {
        const counts = `${bytesInWords(written)} of ${bytesInWords(file.size)}`;
        throw new SandglassError('data-loss', `Only ${counts} of ${file.name} arrived.`);
      }
      transfer.doneBytes = written;
      return `Uploaded ${file.name} to ${path} (${bytesInWords(written)}).`;
    });
  }

  /** Fetches a file from the guest and hands it to the reader. */
  download(path: string): Promise<void> {
    const transfer = this.#add('download', baseName(path), path);
    return this.#follow(transfer, async (port, remotePort) => {
      const receiving = receiveBlob(port.incoming, transfer);
      receiving.catch(() => undefined);
      const facts = await this.#api().downloadFile(path, remotePort);
      transfer.totalBytes = facts.bytes;
      const content = await receiving;
      if (content.size !== facts.bytes) {
        const counts = `${bytesInWords(content.size)} of ${bytesInWords(facts.bytes)}`;
        throw new SandglassError('data-loss', `Only ${counts} of ${path} arrived.`);
      }
      if (transfer.abort.signal.aborted) throw cancelledError(transfer.abort.signal);
      this.#save(facts.name, content);
      return `Downloaded ${path} (${bytesInWords(content.size)}).`;
    });
  }

  dismiss(transfer: Transfer): void {
    transfer.cancel();
    this.#list = this.#list.filter((other) => other !== transfer);
  }

  async #follow(
    transfer: Transfer,
    work: (port: BytePort, remotePort: MessagePort) => Promise<string>,
  ): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const port = new BytePort(port1);
    const { signal } = transfer.abort;
    const cancelled = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(cancelledError(signal));
      });
    });
    try {
      transfer.message = await Promise.race([work(port, port2), cancelled]);
      transfer.state = 'done';
      port.outgoing.end();
      this.#clock.schedule(doneStays, () => {
        this.dismiss(transfer);
      });
    } catch (error) {
      const failure = asSandglassError(error);
      transfer.state = signal.aborted ? 'cancelled' : 'failed';
      transfer.message = signal.aborted
        ? cancelledMessage(transfer)
        : failedMessage(transfer, failure);
      // Tells the worker to give up and leave no half file, and stops what still reads or writes here.
      transfer.abort.abort();
      port.incoming.cancel();
      port.fail(new SandglassError('cancelled', 'The transfer was cancelled.'));
    }
  }

  #add(kind: 'upload' | 'download', name: string, path: string): Transfer {
    const transfer = new Transfer(this.#nextId++, kind, name, path);
    this.#list = [...this.#list, transfer];
    return transfer;
  }
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function sendFile(file: LocalFile, port: BytePort, transfer: Transfer): Promise<void> {
  const { signal } = transfer.abort;
  const reader = file.stream().getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      await port.outgoing.write(part.value, signal);
      transfer.doneBytes += part.value.length;
    }
    port.outgoing.end();
  } catch (error) {
    // The reader's file could not be read, perhaps because it changed: the guest must not keep half.
    const reason = new SandglassError('data-loss', `${file.name} could not be read.`, {
      cause: error,
    });
    port.fail(reason);
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

async function receiveBlob(source: ByteSource, transfer: Transfer): Promise<Blob> {
  const { signal } = transfer.abort;
  const blobs: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let kept = 0;
  for (let chunk = await source.read(signal); chunk; chunk = await source.read(signal)) {
    chunks.push(chunk.slice());
    kept += chunk.length;
    transfer.doneBytes += chunk.length;
    if (kept >= blobPart) {
      blobs.push(new Blob(chunks));
      chunks = [];
      kept = 0;
    }
  }
  // Without a type, Chromium takes a look inside and may append `.txt` to the file's name.
  return new Blob([...blobs, ...chunks], { type: 'application/octet-stream' });
}

function cancelledMessage({ kind, name }: Transfer): string {
  return kind === 'upload'
    ? `The upload of ${name} was cancelled.`
    : `The download of ${name} was cancelled.`;
}

function failedMessage({ kind, name, path }: Transfer, failure: SandglassError): string {
  const what = kind === 'upload' ? `${name} was not uploaded` : `${path} was not downloaded`;
  return `${what}: ${errorInWords(failure)}`;
}

import { BytePort } from '#base/byte-port.ts';
import type { Clock } from '#base/clock.ts';
import {
  SandglassError,
  asSandglassError,
  cancelledError,
  throwIfCancelled,
} from '#base/errors.ts';
import type { CheckpointSummary } from '#rpc/contracts.ts';
import { words } from '#ui/words/words.ts';
import { Lingering } from './lingering.ts';
import type { Machine } from './machine.svelte.ts';
import { type ReaderFiles, receiveBlob, receiveFile } from './receive-file.ts';
import { cancelledInWords, failedInWords } from './transfer-words.ts';
import { bytesInWords, dateAndTime, fileNameOfTime, podsInWords } from './words.ts';

/** A file of the reader's, as the browser's `File` is. */
export interface LocalFile {
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array>;
}

export type TransferState = 'running' | 'done' | 'failed' | 'cancelled';

/** How long a transfer that has ended stays in the list, in milliseconds; a failure stays until the reader has seen to it. */
const stays = 10_000;

/** `save` and `open` are of the cluster as a whole. */
export type TransferKind = 'upload' | 'download' | 'images' | 'save' | 'open';

interface TransferTarget {
  kind: TransferKind;
  name?: string;
  path?: string;
  file?: LocalFile;
  again?: () => Promise<void>;
}

/** A file on its way into the guest or out of it, an archive of images, or what the whole cluster is saved in. */
export class Transfer {
  readonly id: number;
  readonly kind: TransferKind;
  /** The file's, on the reader's side or in the guest; empty for what is no file. */
  readonly name: string;
  /** The file's path in the guest; empty for what has none there. */
  readonly path: string;
  doneBytes = $state(0);
  /** The size that was said at the start. */
  expectedBytes = $state<number | undefined>();
  state = $state<TransferState>('running');
  /** How it ended, in a sentence. */
  message = $state('');
  readonly abort = new AbortController();
  /** Takes it off the list some time after its end. */
  readonly lingering: Lingering;
  /** The reader's file, of what comes from one. */
  readonly file: LocalFile | undefined;
  /** Does the same once more; absent where the reader is asked about the path first. */
  readonly again: (() => Promise<void>) | undefined;

  constructor(id: number, target: TransferTarget, lingering: (transfer: Transfer) => Lingering) {
    this.id = id;
    const { kind, name = '', path = '', file, again } = target;
    this.kind = kind;
    this.name = name;
    this.path = path;
    this.file = file;
    this.again = again;
    this.expectedBytes = file?.size;
    this.lingering = lingering(this);
  }

  /** Where it is known: a file that has brought more than was said is still growing. */
  get totalBytes(): number | undefined {
    const { expectedBytes } = this;
    return expectedBytes !== undefined && expectedBytes >= this.doneBytes
      ? expectedBytes
      : undefined;
  }

  cancel(): void {
    this.abort.abort();
  }
}

/** The cluster as it was at a moment, and what that is. */
export interface TakenCheckpoint extends CheckpointSummary {
  content: Blob;
}

/** Puts a checkpoint where it is to stay, and says so in a sentence. */
export type KeepCheckpoint = (taken: TakenCheckpoint, signal: AbortSignal) => Promise<string>;

/** The machine that files go to and come from. */
export type TransferMachine = Pick<Machine, 'api' | 'openCheckpoint'>;

export class Transfers {
  readonly #machine: TransferMachine;
  readonly #files: ReaderFiles;
  readonly #clock: Clock;
  #list = $state.raw<Transfer[]>([]);
  #nextId = 1;
  #uploaded = false;

  constructor(machine: TransferMachine, files: ReaderFiles, clock: Clock) {
    this.#machine = machine;
    this.#files = files;
    this.#clock = clock;
  }

  get list(): readonly Transfer[] {
    return this.#list;
  }

  /** Whether a file of the reader's has come into the guest. */
  get uploaded(): boolean {
    return this.#uploaded;
  }

  /** Writes a file into the guest. Resolves when that has ended, well or not. */
  upload(file: LocalFile, path: string): Promise<void> {
    const transfer = this.#add({ kind: 'upload', name: file.name, path, file });
    return this.#follow(transfer, async (port, remotePort) => {
      const sending = sendFile(file, port, transfer);
      sending.catch(() => undefined);
      const written = await this.#machine.api.uploadFile(path, remotePort, { name: file.name });
      if (written.bytes !== file.size) {
        const counts = [bytesInWords(written.bytes), bytesInWords(file.size)] as const;
        const message = words.transfers.arrivedInPart(file.name, ...counts);
        throw new SandglassError('data-loss', message);
      }
      transfer.doneBytes = written.bytes;
      this.#uploaded = true;
      const { done, replaced } = words.transfers.upload;
      const say = written.replaced ? replaced : done;
      return say(file.name, written.path, bytesInWords(written.bytes));
    });
  }

  /**
   * Fetches a file from the guest and hands it to the reader. It is whole when the stream ends without a
   * failure: the size means little for a log that grows, and nothing in /proc, where it is 0.
   */
  download(path: string): Promise<void> {
    const transfer = this.#add({ kind: 'download', name: baseName(path), path });
    return this.#follow(transfer, async (port, remotePort) => {
      const announced = this.#machine.api.downloadFile(path, remotePort);
      const receiving = receiveFile({
        source: port.incoming,
        announced,
        files: this.#files,
        onBytes: (count) => (transfer.doneBytes += count),
        signal: transfer.abort.signal,
      });
      receiving.catch(() => undefined);
      transfer.expectedBytes = (await announced).bytes;
      return words.transfers.download.done(path, bytesInWords(await receiving));
    });
  }

  /** Makes the images of an archive the node's: an OCI layout's, or what `docker save` writes. */
  loadImages(file: LocalFile): Promise<void> {
    const again = () => this.loadImages(file);
    const transfer = this.#add({ kind: 'images', name: file.name, file, again });
    return this.#follow(transfer, async (port, remotePort) => {
      const sending = sendFile(file, port, transfer);
      sending.catch(() => undefined);
      const names = await this.#machine.api.loadImages(remotePort);
      return words.transfers.images.done(names, file.name);
    });
  }

  /** Saves the cluster as a whole and hands it to the reader. */
  saveCluster(): Promise<void> {
    return this.saveClusterWith(({ content, savedAt, pods }) => {
      const name = this.handOverCluster(savedAt, content);
      const size = bytesInWords(content.size);
      return Promise.resolve(words.transfers.save.done(podsInWords(pods), name, size));
    });
  }

  /** Saves the cluster as a whole for `keep` to put away, which the signal stops. */
  saveClusterWith(keep: KeepCheckpoint): Promise<void> {
    const again = () => this.saveClusterWith(keep);
    const transfer = this.#add({ kind: 'save', again });
    const { signal } = transfer.abort;
    return this.#follow(transfer, async (port, remotePort) => {
      const receiving = receiveBlob({
        source: port.incoming,
        onBytes: (count) => (transfer.doneBytes += count),
        signal,
      });
      receiving.catch(() => undefined);
      const summary = await this.#machine.api.saveCheckpoint(remotePort);
      const content = await receiving;
      throwIfCancelled(signal);
      return keep({ ...summary, content }, signal);
    });
  }

  /** Gives the reader a saved cluster as a file, whose name it returns. */
  handOverCluster(savedAt: number, content: Blob): string {
    const name = `cluster-${fileNameOfTime(savedAt)}.sandglass`;
    this.#files.save(name, content);
    return name;
  }

  /** Goes on from a saved cluster in place of the one that runs. */
  openCluster(file: LocalFile): Promise<void> {
    const again = () => this.openCluster(file);
    const transfer = this.#add({ kind: 'open', name: file.name, file, again });
    return this.#follow(transfer, async (port, remotePort) => {
      const sending = sendFile(file, port, transfer);
      sending.catch(() => undefined);
      const { savedAt, pods } = await this.#machine.openCheckpoint(remotePort);
      return words.transfers.open.done(dateAndTime(savedAt), podsInWords(pods));
    });
  }

  dismiss(transfer: Transfer): void {
    transfer.cancel();
    transfer.lingering.stop();
    this.#list = this.#list.filter((other) => other !== transfer);
  }

  async #follow(
    transfer: Transfer,
    work: (port: BytePort, remotePort: MessagePort) => Promise<string>,
  ): Promise<void> {
    const { near: port, far } = BytePort.pair();
    const { signal } = transfer.abort;
    const cancelled = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(cancelledError(signal));
      });
    });
    try {
      transfer.message = await Promise.race([work(port, far), cancelled]);
      transfer.state = 'done';
      transfer.lingering.start(stays);
      port.outgoing.end();
    } catch (error) {
      const failure = asSandglassError(error);
      const isCancelled = signal.aborted || failure.code === 'cancelled';
      transfer.state = isCancelled ? 'cancelled' : 'failed';
      transfer.message = isCancelled
        ? cancelledInWords(transfer)
        : failedInWords(transfer, failure);
      if (transfer.state === 'cancelled') transfer.lingering.start(stays);
      // Tells the worker to give up and leave no half file, and stops what still reads or writes here.
      transfer.abort.abort();
      port.incoming.cancel();
      port.fail(new SandglassError('cancelled', words.transfers.cancelled));
    }
  }

  #add(target: TransferTarget): Transfer {
    const transfer = new Transfer(
      this.#nextId++,
      target,
      (transfer) =>
        new Lingering(this.#clock, () => {
          this.dismiss(transfer);
        }),
    );
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
    const message = words.transfers.unreadable(file.name);
    const reason = new SandglassError('data-loss', message, { cause: error });
    port.fail(reason);
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

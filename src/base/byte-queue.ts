import type { ByteSink, ByteSource } from './byte-stream.ts';
import { SandglassError, cancelledError, throwIfCancelled } from './errors.ts';

export interface ByteQueueOptions {
  /** Bytes that may wait in the queue. */
  capacity: number;
  /** Told how many bytes a reader took: the producer's credit. */
  onConsumed?: (count: number) => void;
  /** Told once if the reader gives up. */
  onCancel?: () => void;
}

/**
 * A bounded queue of bytes between one producer and one reader. A producer that can wait uses
 * `write`; one that was given credit uses `push`, and going beyond the capacity is its bug.
 */
export class ByteQueue implements ByteSource, ByteSink {
  readonly #options: ByteQueueOptions;
  readonly #chunks: Uint8Array[] = [];
  #queued = 0;
  #ended = false;
  #cancelled = false;
  #error: SandglassError | undefined;
  #wakeReader: (() => void) | undefined;
  readonly #wakeWriters = new Set<() => void>();

  constructor(options: ByteQueueOptions) {
    this.#options = options;
  }

  /** Bytes waiting to be read. */
  get queued(): number {
    return this.#queued;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Appends at once. Throws `resource-exhausted` rather than grow beyond the capacity. */
  push(bytes: Uint8Array): void {
    if (this.#queued + bytes.length > this.#options.capacity) {
      throw new SandglassError(
        'resource-exhausted',
        `A byte stream was sent ${bytes.length} bytes with room for ${this.#options.capacity - this.#queued}.`,
      );
    }
    this.#append(bytes);
  }

  async write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    let rest = bytes;
    while (rest.length > 0) {
      this.#throwIfClosed();
      const room = this.#options.capacity - this.#queued;
      // Not into any gap: chunks that are cut to fit become ever smaller as long as the queue is full.
      if (room >= Math.min(rest.length, Math.ceil(this.#options.capacity / 4))) {
        this.#append(rest.subarray(0, room));
        rest = rest.subarray(room);
      } else {
        await this.#wait((wake) => {
          this.#wakeWriters.add(wake);
          return () => this.#wakeWriters.delete(wake);
        }, signal);
      }
    }
  }

  end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  /** Ends with an error: what was queued before is still read first. */
  fail(error: SandglassError): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#chunks.length = 0;
    this.#queued = 0;
    this.#wakeAll();
    this.#options.onCancel?.();
  }

  async read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    throwIfCancelled(signal);
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#queued -= chunk.length;
        this.#options.onConsumed?.(chunk.length);
        for (const wake of [...this.#wakeWriters]) wake();
        return chunk;
      }
      if (this.#cancelled) return undefined;
      if (this.#ended) {
        if (this.#error) throw this.#error;
        return undefined;
      }
      if (this.#wakeReader) throw new SandglassError('internal', 'A byte stream has one reader.');
      await this.#wait((wake) => {
        this.#wakeReader = wake;
        return () => (this.#wakeReader = undefined);
      }, signal);
    }
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#cancelled) return;
    this.#throwIfClosed();
    this.#chunks.push(bytes);
    this.#queued += bytes.length;
    this.#wakeReader?.();
  }

  #throwIfClosed(): void {
    if (this.#error) throw this.#error;
    if (this.#ended || this.#cancelled) {
      throw new SandglassError('failed-precondition', 'The byte stream has been closed.');
    }
  }

  #wakeAll(): void {
    this.#wakeReader?.();
    for (const wake of [...this.#wakeWriters]) wake();
  }

  #wait(
    register: (wake: () => void) => () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        unregister();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = () => {
        finish(() => {
          if (signal) reject(cancelledError(signal));
        });
      };
      const unregister = register(() => {
        finish(resolve);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

import type { ByteSink } from '#base/byte-stream.ts';
import { SandglassError, cancelledError, throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { encodeFrame, payloadSizeMax } from './frame-codec.ts';
import { frame } from './protocol.ts';
import type { FrameQueue } from './frame-queue.ts';

const noError = new Uint8Array(4);

/** A stream into the guest: sends as far as the guest has given credit. Writes keep their order. */
export class OutgoingStream implements ByteSink {
  readonly #queue: FrameQueue;
  readonly #channel: number;
  readonly #stream: number;
  #credit = 0;
  #failure: SandglassError | undefined;
  #ended = false;
  /** Resolves when every write so far is over, well or not. */
  #last: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  constructor(queue: FrameQueue, channel: number, stream: number) {
    this.#queue = queue;
    this.#channel = channel;
    this.#stream = stream;
  }

  write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#ended && !this.#failure) {
      return Promise.reject(
        new SandglassError('failed-precondition', 'The stream has been closed.'),
      );
    }
    const before = this.#last;
    const written = untilAborted(before, signal).then(() => this.#write(bytes, signal));
    // One that was given up in the queue does not let the next overtake those before it. Without a value: each
    // would hold that of the one before.
    this.#last = Promise.allSettled([before, written]).then(() => undefined);
    return written;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#last.then(() => {
      if (this.#failure) return;
      this.#queue.inOrder(encodeFrame(frame.end, this.#channel, this.#stream, noError));
    });
  }

  /** Resolves when all that was written is on its way. */
  async flushed(): Promise<void> {
    await this.#last;
  }

  addCredit(count: number): void {
    this.#credit += count;
    this.#wake?.();
  }

  /** The guest takes no more, or is gone. */
  fail(error: SandglassError): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  async #write(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      await this.#waitForCredit(signal);
      await this.#queue.room(signal);
      // Several streams wait for room: the credit may have failed meanwhile, but only we spend it.
      if (this.#failure) throw this.#failure;
      const count = Math.min(this.#credit, rest.length, payloadSizeMax);
      this.#credit -= count;
      this.#queue.inOrder(
        encodeFrame(frame.data, this.#channel, this.#stream, rest.subarray(0, count)),
      );
      rest = rest.subarray(count);
    }
    if (this.#failure) throw this.#failure;
  }

  async #waitForCredit(signal: AbortSignal | undefined): Promise<void> {
    throwIfCancelled(signal);
    while (this.#credit === 0 && !this.#failure) {
      await new Promise<void>((resolve, reject) => {
        const settle = () => {
          this.#wake = undefined;
          signal?.removeEventListener('abort', onAbort);
        };
        const onAbort = () => {
          settle();
          if (signal) reject(cancelledError(signal));
        };
        this.#wake = () => {
          settle();
          resolve();
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    }
    if (this.#failure) throw this.#failure;
  }
}

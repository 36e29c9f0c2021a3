import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError, cancelledError, throwIfCancelled } from '#base/errors.ts';
import type { ByteChannel } from './ports.ts';
import { protocol } from './protocol.ts';

/** Bytes of streams that may wait for the port: enough to keep it busy, and little for the rest to wait on. */
const dataLimit = 4 * protocol.frameSizeMax;

/**
 * What goes to the port, and in which order: messages before the bytes of streams, and the streams
 * in turn, a frame each.
 */
export class FrameQueue {
  readonly #channel: ByteChannel;
  readonly #onFailure: (error: unknown) => void;
  #messages: Uint8Array[] = [];
  #data: Uint8Array[] = [];
  #dataSize = 0;
  /** Writers that wait for room, in the order they came. */
  readonly #waiting = new Set<() => void>();
  #sending = false;
  #closed: SandglassError | undefined;

  constructor(channel: ByteChannel, onFailure: (error: unknown) => void) {
    this.#channel = channel;
    this.#onFailure = onFailure;
  }

  /** A message. Goes out before stream bytes that wait. */
  message(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#messages.push(bytes);
    void this.#send();
  }

  /** A frame that must not overtake a stream's bytes. */
  inOrder(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#data.push(bytes);
    this.#dataSize += bytes.length;
    void this.#send();
  }

  /** Resolves when there is room for a frame of stream bytes. */
  async room(signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    while (this.#dataSize >= dataLimit && !this.#closed) await this.#nextBatch(signal);
    if (this.#closed) throw this.#closed;
  }

  close(error: SandglassError): void {
    this.#closed = error;
    this.#messages = [];
    this.#data = [];
    this.#wakeAll();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    // What is asked for in one go leaves in one go: opening a channel and its first credit.
    await Promise.resolve();
    try {
      for (let batch = this.#batch(); batch; batch = this.#batch()) {
        await this.#channel.send(batch);
      }
    } catch (error) {
      this.#onFailure(error);
    } finally {
      this.#sending = false;
    }
  }

  /** All messages, and one frame's worth of stream bytes. */
  #batch(): Uint8Array | undefined {
    const frames = this.#messages;
    this.#messages = [];
    for (let size = 0; size < protocol.frameSizeMax;) {
      const frame = this.#data.shift();
      if (!frame) break;
      size += frame.length;
      this.#dataSize -= frame.length;
      frames.push(frame);
    }
    this.#wakeAll();
    return frames.length > 1 ? concatBytes(frames) : frames[0];
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #nextBatch(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', onAbort);
      };
      const wake = () => {
        settle();
        resolve();
      };
      const onAbort = () => {
        settle();
        if (signal) reject(cancelledError(signal));
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

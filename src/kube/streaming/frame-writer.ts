import type { ByteSink } from '#base/byte-stream.ts';
import { throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';

/** Lets many write frames to one connection: each goes out whole, in the order of the calls. */
export class FrameWriter {
  readonly #sink: ByteSink;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Frames that the connection has not taken yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when there is room for more. A signal ends the wait; half a frame would end the connection. */
  async write(frame: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    this.#waiting++;
    const written = this.#last
      .then(() => this.#sink.write(frame))
      .finally(() => {
        this.#waiting--;
      });
    this.#last = written.catch(() => undefined);
    await untilAborted(written, signal);
  }

  /** No frames follow those that wait. */
  end(): void {
    void this.#last.then(() => {
      this.#sink.end();
    });
  }
}

import { type ByteSink, concatBytes } from '#base/byte-stream.ts';
import { encodeFrame } from '#runtimes/shim-frames.ts';

/** Bytes that one write takes: what the agent of the node carries in a frame of its own. */
const writeSize = 32 << 10;

/** Frames to a process on the node, in order; those that wait together go together, as each write costs the node a wake-up. */
export class FrameWriter {
  readonly #sink: ByteSink;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #writing = false;
  #failed = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Bytes that the process has yet to be sent. */
  get queued(): number {
    return this.#bytes;
  }

  /** What finds the process gone is lost, as its end is told elsewhere. */
  send(type: string, ...payload: readonly Uint8Array[]): void {
    if (this.#failed) return;
    const frame = encodeFrame(type, payload.length === 1 ? payload[0] : concatBytes(payload));
    this.#waiting.push(frame);
    this.#bytes += frame.length;
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#waiting.length > 0) {
        const bytes = concatBytes(this.#take());
        await this.#sink.write(bytes);
        this.#bytes -= bytes.length;
      }
    } catch {
      this.#failed = true;
      this.#waiting = [];
    } finally {
      this.#writing = false;
    }
  }

  #take(): Uint8Array[] {
    let size = 0;
    const count = this.#waiting.findIndex(
      (frame, i) => i > 0 && (size += frame.length) > writeSize,
    );
    return this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
  }
}

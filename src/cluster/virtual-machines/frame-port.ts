/** Bytes of frames that may be on their way to the other thread: some ten milliseconds of the fastest that a machine sends. */
const window = 1 << 20;

/**
 * Ethernet frames between two threads, a message each; a number is how many bytes of them the other side has taken since
 * the last. Beyond what may be on its way frames are lost, as on a wire: a thread's queue of messages has no end.
 */
export class FramePort {
  readonly #port: MessagePort;
  /** Bytes that the other side has not said to have taken. */
  #onTheWay = 0;
  #taken = 0;
  #dropped = 0;

  constructor(port: MessagePort, onFrame: (frame: Uint8Array) => void) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Uint8Array | number>) => {
      if (typeof data === 'number') {
        this.#onTheWay -= data;
      } else {
        onFrame(data);
        this.#acknowledge(data.length);
      }
    };
  }

  /** Frames that there was no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The frame may be reused at once. */
  send(frame: Uint8Array): void {
    if (this.#onTheWay + frame.length > window) {
      this.#dropped++;
      return;
    }
    this.#onTheWay += frame.length;
    const copy = new Uint8Array(frame);
    this.#port.postMessage(copy, [copy.buffer]);
  }

  close(): void {
    this.#port.close();
  }

  /** A quarter of the window at a time: few messages. */
  #acknowledge(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < window / 4) return;
    this.#port.postMessage(this.#taken);
    this.#taken = 0;
  }
}

import { ByteQueue } from './byte-queue.ts';
import type { ByteSink, ByteSource } from './byte-stream.ts';
import { type ErrorCode, SandglassError, cancelledError, throwIfCancelled } from './errors.ts';

/** Bytes that may be under way in one direction. Enough to cover a worker's round trip at 100 MB/s. */
const window = 512 << 10;

type PortMessage =
  | { kind: 'data'; bytes: Uint8Array }
  | { kind: 'credit'; count: number }
  | { kind: 'end' }
  | { kind: 'failed'; code: ErrorCode; message: string }
  | { kind: 'cancel' };

/** What a new stream consists of: this thread's end, and the port that another thread makes its own end of. */
export interface BytePortPair {
  near: BytePort;
  far: MessagePort;
}

/** The ends that stay, by the ports that go. */
const nearEnds = new WeakMap<MessagePort, BytePort>();

/**
 * A byte stream both ways over a MessagePort between threads, with credit: neither side can be
 * sent more than it has room for. Both ends hold one of these.
 */
export class BytePort {
  readonly incoming: ByteSource;
  readonly outgoing: ByteSink;
  readonly #unwanted = new AbortController();
  readonly #port: MessagePort;
  readonly #received: ByteQueue;
  #credit = window;
  #unacknowledged = 0;
  #closed: SandglassError | undefined;
  #incomingDone = false;
  #outgoingDone = false;
  readonly #waiting = new Set<() => void>();

  /** A stream to another thread, for whoever keeps `near` and sends `far` there. */
  static pair(): BytePortPair {
    const { port1, port2 } = new MessageChannel();
    const near = new BytePort(port1);
    nearEnds.set(port2, near);
    return { near, far: port2 };
  }

  /**
   * The end that stays here of a port made by `pair`. A thread that dies says nothing on its ports, so
   * whoever moves one there must be able to end what is read and written here.
   */
  static nearEndOf(far: MessagePort): BytePort | undefined {
    return nearEnds.get(far);
  }

  constructor(port: MessagePort) {
    this.#port = port;
    this.#received = new ByteQueue({
      capacity: window,
      onConsumed: (count) => {
        this.#acknowledge(count);
      },
      onCancel: () => {
        this.#post({ kind: 'cancel' });
        this.#finishIncoming();
      },
    });
    this.incoming = this.#received;
    this.outgoing = {
      write: (bytes, signal) => this.#write(bytes, signal),
      end: () => {
        this.#endOutgoing({ kind: 'end' });
      },
    };
    port.onmessage = (event: MessageEvent<PortMessage>) => {
      this.#onMessage(event.data);
    };
  }

  /** Fires when the other side reads no more: whoever waits for bytes to send can stop. */
  get unwanted(): AbortSignal {
    return this.#unwanted.signal;
  }

  /** Both directions have ended. */
  get closed(): boolean {
    return this.#incomingDone && this.#outgoingDone;
  }

  /** Ends both directions with an error, for whoever waits here and for the other side's reader. */
  fail(error: SandglassError): void {
    this.#closed ??= error;
    this.#endOutgoing({ kind: 'failed', code: error.code, message: error.message });
    this.#received.fail(error);
    this.#finishIncoming();
  }

  async #write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#outgoingDone) {
        throw (
          this.#closed ?? new SandglassError('failed-precondition', 'The stream has been closed.')
        );
      }
      const count = Math.min(this.#credit, rest.length);
      if (count === 0) {
        await this.#waitForCredit(signal);
        continue;
      }
      // A copy of its own: the caller keeps its bytes, and the copy's buffer moves without another.
      // Not by `slice`, which for a Buffer of Node gives a view.
      const chunk = new Uint8Array(rest.subarray(0, count));
      this.#credit -= count;
      rest = rest.subarray(count);
      this.#post({ kind: 'data', bytes: chunk }, [chunk.buffer]);
    }
  }

  #onMessage(message: PortMessage): void {
    switch (message.kind) {
      case 'data':
        if (!this.#incomingDone) this.#received.push(message.bytes);
        break;
      case 'credit':
        this.#credit += message.count;
        this.#wake();
        break;
      case 'end':
        this.#received.end();
        this.#finishIncoming();
        break;
      case 'failed':
        this.#received.fail(new SandglassError(message.code, message.message));
        this.#finishIncoming();
        break;
      case 'cancel':
        this.#closed = new SandglassError('cancelled', 'The other side reads no more.');
        this.#finishOutgoing();
        this.#unwanted.abort(this.#closed);
        break;
    }
  }

  #acknowledge(count: number): void {
    this.#unacknowledged += count;
    // A quarter of the window at a time: few messages, and the sender never runs dry.
    if (this.#unacknowledged < window / 4 && this.#received.queued > 0) return;
    this.#post({ kind: 'credit', count: this.#unacknowledged });
    this.#unacknowledged = 0;
  }

  #endOutgoing(message: PortMessage): void {
    if (this.#outgoingDone) return;
    this.#post(message);
    this.#finishOutgoing();
  }

  #finishOutgoing(): void {
    this.#outgoingDone = true;
    this.#wake();
    this.#closeIfDone();
  }

  #finishIncoming(): void {
    this.#incomingDone = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.closed) this.#port.close();
  }

  #post(message: PortMessage, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #waitForCredit(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(wake);
        if (signal) reject(cancelledError(signal));
      };
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

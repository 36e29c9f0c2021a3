import { ByteQueue } from '#base/byte-queue.ts';
import type { ByteDuplex, ByteSink, ByteSource } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';

/**
 * Bytes of a stream that wait for its reader; then the whole connection waits. The windows of SPDY/3.1 would
 * spare the other streams that, but upstream's library (github.com/moby/spdystream) neither grants nor heeds them.
 */
const streamCapacity = 256 << 10;

/** Bytes of one frame that is sent: small enough that streams take turns. */
const frameMax = 32 << 10;

/** What a stream asks of its connection. */
export interface StreamFrames {
  data(streamId: number, bytes: Uint8Array, fin: boolean, signal?: AbortSignal): Promise<void>;
  reset(streamId: number): void;
  /** Neither side will say more. */
  done(streamId: number): void;
}

/** One of the streams of a SPDY connection. */
export class SpdyStream implements ByteDuplex {
  readonly id: number;
  readonly headers: Headers;
  readonly incoming: ByteSource;
  readonly outgoing: ByteSink;
  readonly #frames: StreamFrames;
  readonly #received: ByteQueue;
  readonly #opened = new Deferred<undefined>();
  readonly #torn = new AbortController();
  #isLocalDone = false;

  constructor(id: number, headers: Headers, frames: StreamFrames) {
    this.id = id;
    this.headers = headers;
    this.#frames = frames;
    this.#received = new ByteQueue({ capacity: streamCapacity });
    this.incoming = this.#received;
    this.outgoing = {
      write: (bytes, signal) => this.#write(bytes, signal),
      end: () => this.#end(),
    };
  }

  /** Resolves when the peer has accepted the stream; until then upstream drops its data. */
  get opened(): Promise<undefined> {
    return this.#opened.promise;
  }

  /** Fires when the stream is over before both sides ended it: by a reset, or with the connection. */
  get torn(): AbortSignal {
    return this.#torn.signal;
  }

  /** Ends it both ways and drops what is under way. */
  close(): void {
    if (this.#torn.signal.aborted) return;
    if (!this.#isLocalDone || !this.#received.ended) this.#frames.reset(this.id);
    this.#received.cancel();
    this.tear(new SandglassError('cancelled', 'The stream was reset.'));
  }

  /** For the connection: the peer has accepted it. */
  open(): void {
    this.#opened.resolve(undefined);
  }

  /** For the connection: bytes have come. Waits for the reader. */
  async deliver(bytes: Uint8Array): Promise<void> {
    if (this.#received.ended) return;
    try {
      await this.#received.write(bytes);
    } catch {
      // Its reader has given up, or it was reset.
    }
  }

  /** For the connection: no more bytes come. */
  endIncoming(): void {
    this.#received.end();
    if (this.#isLocalDone) this.#frames.done(this.id);
  }

  /** For the connection: a reset or the connection's end. A reset looks like an end to a reader, as upstream's does. */
  tear(error: SandglassError, incoming?: SandglassError): void {
    if (this.#torn.signal.aborted) return;
    if (incoming) this.#received.fail(incoming);
    else this.#received.end();
    this.#opened.reject(error);
    this.#torn.abort(error);
    this.#frames.done(this.id);
  }

  async #write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await untilAborted(this.#opened.promise, signal);
    for (let at = 0; at < bytes.length; at += frameMax) {
      this.#throwIfDone();
      await this.#frames.data(this.id, bytes.subarray(at, at + frameMax), false, signal);
    }
  }

  #end(): void {
    if (this.#isLocalDone) return;
    this.#isLocalDone = true;
    const send = async () => {
      await this.#opened.promise;
      await this.#frames.data(this.id, new Uint8Array(0), true);
    };
    void send().catch(() => undefined);
    if (this.#received.ended) this.#frames.done(this.id);
  }

  #throwIfDone(): void {
    const reason: unknown = this.#torn.signal.reason;
    if (reason instanceof SandglassError) throw reason;
    if (this.#isLocalDone) throw new SandglassError('failed-precondition', 'The stream has ended.');
  }
}

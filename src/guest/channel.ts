import { ByteQueue } from '#base/byte-queue.ts';
import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { Deferred } from '#base/deferred.ts';
import { type Frame, encodeFrame } from './frame-codec.ts';
import { guestError } from './guest-error.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import { close, frame } from './protocol.ts';
import type { FrameQueue } from './frame-queue.ts';

/** What a channel needs of the link that carries it. */
export interface ChannelHost {
  readonly queue: FrameQueue;
  /** Bytes that wait here at most for a slow reader. */
  readonly window: number;
  forget(channel: Channel): void;
}

interface Incoming {
  readonly bytes: ByteQueue;
  readonly attempt: string;
}

/** One open resource of the guest: its answer, its streams both ways, its end. */
export class Channel {
  readonly id: number;
  readonly #host: ChannelHost;
  readonly #attempt: string;
  readonly #incoming = new Map<number, Incoming>();
  readonly #outgoing = new Map<number, OutgoingStream>();
  readonly #reply = new Deferred<PayloadReader>();
  readonly #result = new Deferred<PayloadReader>();
  readonly #ended = new Deferred<undefined>();
  /** Why nothing can be had of it any more. */
  #over: SandglassError | undefined;
  #hasResult = false;
  /** Streams out of the guest that may still bring something. */
  readonly #flowing = new Set<number>();
  /** Told of CONTROL frames. */
  onControl: ((code: number, payload: PayloadReader) => void) | undefined;

  /** `attempt` is how an error's sentence starts: `Cannot read /etc/hosts`. */
  constructor(host: ChannelHost, id: number, attempt: string) {
    this.#host = host;
    this.id = id;
    this.#attempt = attempt;
  }

  get open(): boolean {
    return this.#over === undefined;
  }

  /** What the agent answered; rejects with why it refused. */
  get reply(): Promise<PayloadReader> {
    return this.#reply.promise;
  }

  /** What became of the resource in the end. */
  get result(): Promise<PayloadReader> {
    return this.#result.promise;
  }

  /** Resolves when the channel is over; rejects if the link broke before. */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  /** A stream out of the guest. Reading it is what lets the guest send more. */
  incoming(stream: number, attempt = this.#attempt): ByteSource {
    const { window } = this.#host;
    let taken = 0;
    const bytes = new ByteQueue({
      capacity: window,
      onConsumed: (count) => {
        taken += count;
        // A quarter of the window at a time: few frames, and the guest never runs dry.
        if (taken < window / 4 || bytes.ended) return;
        this.#grant(stream, taken);
        taken = 0;
      },
      onCancel: () => {
        if (!bytes.ended) this.#send(frame.stop, stream, new PayloadWriter().u32(0).finish());
        this.#flowedOut(stream);
      },
    });
    if (this.#over) {
      bytes.fail(this.#over);
      return bytes;
    }
    this.#flowing.add(stream);
    this.#incoming.set(stream, { bytes, attempt });
    this.#grant(stream, window);
    return bytes;
  }

  /** A stream into the guest. */
  outgoing(stream: number): OutgoingStream {
    const made = new OutgoingStream(this.#host.queue, this.id, stream);
    this.#outgoing.set(stream, made);
    if (this.#over) made.fail(this.#over);
    return made;
  }

  control(code: number, payload: PayloadWriter): void {
    this.#send(frame.control, code, payload.finish());
  }

  /** Answers a channel that the agent opened. */
  accept(): void {
    this.#send(frame.reply, 0, new PayloadWriter().u32(0).finish());
  }

  /** Lets go of the resource; what was received can still be read. */
  close(how: number = close.release): void {
    if (this.#over) return;
    this.#send(frame.close, how);
    this.finish();
  }

  /** Ends the resource, processes included, and every wait with the error. */
  abort(error: SandglassError): void {
    this.#send(frame.close, close.kill);
    this.finish(error);
  }

  /** Ends here: the other side knows. */
  finish(error?: SandglassError): void {
    if (this.#over) return;
    const reason = error ?? new SandglassError('cancelled', `${this.#attempt}: it was closed.`);
    this.#over = reason;
    for (const { bytes } of this.#incoming.values()) {
      if (error) bytes.fail(error);
      else bytes.end();
    }
    for (const stream of this.#outgoing.values()) stream.fail(reason);
    this.#reply.reject(reason);
    this.#result.reject(reason);
    if (error) this.#ended.reject(error);
    else this.#ended.resolve(undefined);
    this.#host.forget(this);
  }

  /** A frame of the agent. Throws where it breaks the protocol. */
  receive({ type, stream, payload }: Frame): void {
    const reader = new PayloadReader(payload);
    switch (type) {
      case frame.reply:
        this.#onReply(reader);
        break;
      case frame.data:
        this.#incoming.get(stream)?.bytes.push(payload);
        break;
      case frame.end:
        this.#onEnd(stream, reader.u32());
        break;
      case frame.credit:
        this.#outgoing.get(stream)?.addCredit(reader.u32());
        break;
      case frame.stop:
        this.#outgoing.get(stream)?.fail(guestError('Cannot write', reader.u32()));
        break;
      case frame.control:
        this.onControl?.(stream, reader);
        break;
      case frame.result:
        this.#hasResult = true;
        this.#result.resolve(reader);
        this.#closeIfDone();
        break;
      case frame.close:
        this.finish();
        break;
      default:
        throw new SandglassError(
          'data-loss',
          `The node agent sent a frame of unknown type ${type}.`,
        );
    }
  }

  #onReply(reader: PayloadReader): void {
    const error = reader.u32();
    if (error === 0) this.#reply.resolve(reader);
    else this.finish(guestError(this.#attempt, error, reader.string()));
  }

  #onEnd(stream: number, error: number): void {
    const incoming = this.#incoming.get(stream);
    if (!incoming) return;
    if (error === 0) incoming.bytes.end();
    else incoming.bytes.fail(guestError(incoming.attempt, error));
    this.#flowedOut(stream);
  }

  #flowedOut(stream: number): void {
    this.#flowing.delete(stream);
    this.#closeIfDone();
  }

  /** With the result and the end of every stream, there is nothing left to wait for. */
  #closeIfDone(): void {
    if (this.#hasResult && this.#flowing.size === 0) this.close();
  }

  #grant(stream: number, count: number): void {
    this.#send(frame.credit, stream, new PayloadWriter().u32(count).finish());
  }

  #send(type: number, stream: number, payload?: Uint8Array): void {
    if (!this.#over) this.#host.queue.message(encodeFrame(type, this.id, stream, payload));
  }
}

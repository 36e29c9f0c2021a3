import { concatBytes } from '#base/byte-stream.ts';
import { type Clock, sleep } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError, cancelledError } from '#base/errors.ts';
import { Channel } from './channel.ts';
import { Deferred } from '#base/deferred.ts';
import {
  type Frame,
  FrameParser,
  type Hello,
  decodeHello,
  encodeHello,
  encodeMessage,
} from './frame-codec.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import type { ByteChannel } from './ports.ts';
import { close, frame, protocol } from './protocol.ts';
import { FrameQueue } from './frame-queue.ts';

/** The first hello may go to a port that the agent has not opened yet, and be lost: it is repeated. */
const helloInterval = 250; // ms

export interface LinkOptions {
  /** How long the agent may take to greet, in ms of the clock. */
  deadline: number;
  /** How long a request may take that has no reason to wait, in ms of the clock. */
  requestDeadline: number;
  /** Bytes that wait here at most for a slow reader, for each stream. */
  window: number;
}

export interface OpenOptions {
  /** How an error's sentence starts: `Cannot read /etc/hosts`. */
  attempt: string;
  signal?: AbortSignal | undefined;
}

/** Makes a channel from one that the agent opened; it must be accepted or closed. */
export type GuestOpener = (channel: Channel, payload: PayloadReader) => void;

/** The session with the agent: every channel over one port. */
export class Link {
  readonly queue: FrameQueue;
  readonly window: number;
  readonly closed = new Emitter<SandglassError>();
  readonly #bytes: ByteChannel;
  readonly #clock: Clock;
  readonly #options: LinkOptions;
  readonly #session: bigint;
  readonly #parser = new FrameParser();
  readonly #channels = new Map<number, Channel>();
  readonly #guestOpeners = new Map<number, GuestOpener>();
  readonly #hello = new Deferred<Hello>();
  readonly #stopListening: () => void;
  /** Fires when there is nothing more to greet. */
  readonly #over = new AbortController();
  #greeted = false;
  #failure: SandglassError | undefined;
  #lastId = 0;
  /** An OPEN of the agent in several frames, so far. */
  #parts: Uint8Array[] = [];

  constructor(bytes: ByteChannel, clock: Clock, options: LinkOptions) {
    this.#bytes = bytes;
    this.#clock = clock;
    this.#options = options;
    this.window = options.window;
    // Zero is the agent's word for no session; 63 random bits meet neither it nor each other.
    this.#session = (crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n) | 1n;
    this.queue = new FrameQueue(bytes, (error) => {
      this.fail(brokenWire(error));
    });
    this.#stopListening = bytes.listen((chunk) => {
      this.#receive(chunk);
    });
  }

  /** Resolves with the agent's greeting. */
  async greet(signal?: AbortSignal): Promise<Hello> {
    void this.#repeatHello();
    const { deadline } = this.#options;
    const late = `The node agent did not answer within ${deadline / 1000} s.`;
    try {
      return await withDeadline(this.#hello.promise, this.#clock, deadline, late, signal);
    } catch (error) {
      this.fail(asSandglassError(error));
      throw error;
    }
  }

  /** Opens a channel. If the signal fires, it is closed with all that belongs to it. */
  open(kind: number, payload: PayloadWriter, { attempt, signal }: OpenOptions): Channel {
    if (this.#failure) throw this.#failure;
    if (signal?.aborted) throw cancelledError(signal);
    this.#lastId += 2;
    const channel = new Channel(this, this.#lastId, attempt);
    const message = new PayloadWriter().u32(kind).bytes(payload.finish()).finish();
    this.queue.message(encodeMessage(frame.open, channel.id, message));
    this.#channels.set(channel.id, channel);
    if (signal) this.#closeOnAbort(channel, signal);
    return channel;
  }

  /** Opens a channel that ends with its reply. */
  async request(
    kind: number,
    payload: PayloadWriter,
    options: OpenOptions & { deadline?: number },
  ): Promise<PayloadReader> {
    const channel = this.open(kind, payload, options);
    const deadline = options.deadline ?? this.#options.requestDeadline;
    const late = `${options.attempt}: the node agent did not answer within ${deadline / 1000} s.`;
    try {
      const reply = await withDeadline(channel.reply, this.#clock, deadline, late);
      channel.finish();
      return reply;
    } catch (error) {
      channel.close(close.kill);
      throw error;
    }
  }

  /** Who takes the channels of a kind that the agent opens. */
  onGuestOpen(kind: number, opener: GuestOpener): void {
    this.#guestOpeners.set(kind, opener);
  }

  forget(channel: Channel): void {
    this.#channels.delete(channel.id);
  }

  /** Ends everything: every wait rejects with the error. */
  fail(error: SandglassError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#over.abort();
    this.#stopListening();
    this.queue.close(error);
    this.#hello.reject(error);
    for (const channel of [...this.#channels.values()]) channel.finish(error);
    this.closed.emit(error);
  }

  async #sendHello(): Promise<void> {
    try {
      await this.#bytes.send(encodeHello(this.#session));
    } catch (error) {
      // An agent that is being started may close its port once more; the next hello will find it.
      if (this.#greeted) this.fail(brokenWire(error));
    }
  }

  async #repeatHello(): Promise<void> {
    const { signal } = this.#over;
    try {
      for (;;) {
        await this.#sendHello();
        await sleep(this.#clock, helloInterval, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.fail(asSandglassError(error));
    }
  }

  #closeOnAbort(channel: Channel, signal: AbortSignal): void {
    const onAbort = () => {
      channel.abort(cancelledError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const leave = () => {
      signal.removeEventListener('abort', onAbort);
    };
    channel.ended.then(leave, leave);
  }

  #receive(bytes: Uint8Array): void {
    try {
      this.#parser.push(bytes, (received) => {
        if (!this.#failure) this.#onFrame(received);
      });
    } catch (error) {
      // Before the greeting these may be the last bytes of another session.
      if (this.#greeted) this.fail(unavailable(asSandglassError(error).message));
      else this.#parser.reset();
    }
  }

  #onFrame(received: Frame): void {
    if (received.type === frame.hello) {
      this.#onHello(decodeHello(received.payload));
    } else if (received.type === frame.reset) {
      this.#onReset(new PayloadReader(received.payload));
    } else if (this.#greeted) {
      if (received.type === frame.open) this.#onGuestOpen(received);
      else this.#channels.get(received.channel)?.receive(received);
    }
  }

  #onHello(hello: Hello): void {
    if (hello.session !== this.#session) {
      if (this.#greeted) this.fail(unavailable('The node agent was started anew.'));
      else void this.#sendHello(); // It has only just opened its port.
      return;
    }
    if (hello.version !== protocol.version) {
      this.fail(
        new SandglassError(
          'failed-precondition',
          `The node agent speaks version ${hello.version} of its protocol, and we version ${protocol.version}.`,
        ),
      );
      return;
    }
    this.#greeted = true;
    this.#over.abort();
    this.#hello.resolve(hello);
  }

  #onReset(reader: PayloadReader): void {
    if (reader.u64() !== this.#session) return;
    this.fail(unavailable(`The node agent ended the session: ${reader.string()}`));
  }

  #onGuestOpen({ channel: id, more, payload }: Frame): void {
    this.#parts.push(payload);
    if (more) return;
    const whole = this.#parts.length === 1 ? payload : concatBytes(this.#parts);
    this.#parts = [];
    const reader = new PayloadReader(whole);
    const opener = this.#guestOpeners.get(reader.u32());
    const channel = new Channel(this, id, 'The channel has ended');
    this.#channels.set(id, channel);
    if (opener) opener(channel, reader);
    else channel.close();
  }
}

function unavailable(message: string): SandglassError {
  return new SandglassError('unavailable', message);
}

/** A machine that ended says so itself; any other failure to send means that nobody is there. */
function brokenWire(error: unknown): SandglassError {
  if (error instanceof SandglassError) return error;
  return new SandglassError('unavailable', 'The connection to the node agent broke.', {
    cause: error,
  });
}

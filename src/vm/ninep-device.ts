import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { RawNinepHandler } from './emulator-loader.ts';
import type { Virtio9p } from './v86-internals.ts';

/**
 * Answers one 9P2000.L message with one whole message of the same tag. `signal` fires when the
 * guest flushed the request: the answer is still owed, an early error will do.
 */
export type NinepHandler = (request: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** size[4] type[1] tag[2] */
const messageHeaderBytes = 7;
const tflush = 108;
const rflush = 109;
/** Linux's 9P2000.L error reply: ecode[4]. */
const rlerror = 7;
const eio = 5;

interface PendingRequest {
  abort: AbortController;
  answered: Promise<void>;
}

/**
 * Between v86's 9P device and a server. v86 matches replies by tag and leaves everything else to
 * its handler: a handler that throws hangs the guest's process for good (and ends Node), a reply
 * that is too long is cut off, and a descriptor that is never answered is lost to the guest.
 */
export class NinepDevice {
  readonly #onFailure: (tag: number, error: SandglassError) => void;
  readonly #pending = new Map<number, PendingRequest>();
  #handler: NinepHandler | undefined;
  #device: Virtio9p | undefined;
  #requests = 0;

  constructor(
    handler: NinepHandler | undefined,
    onFailure: (tag: number, error: SandglassError) => void,
  ) {
    this.#handler = handler;
    this.#onFailure = onFailure;
  }

  /** Requests that were not answered yet. v86 cannot save its state with any (lib/9p.js:946). */
  get inFlight(): number {
    return this.#pending.size;
  }

  /** Requests so far. */
  get requests(): number {
    return this.#requests;
  }

  /** To be passed to v86, which makes the device later. */
  readonly handle: RawNinepHandler = (request, reply) => {
    const view = viewOf(request);
    const tag = view.getUint16(5, true);
    this.#requests++;
    const abort = new AbortController();
    const flushed =
      request[4] === tflush && request.length >= messageHeaderBytes + 2
        ? this.#pending.get(view.getUint16(messageHeaderBytes, true))
        : undefined;
    const answer = request[4] === tflush ? this.#flush(tag, flushed) : this.#ask(request, abort);
    const entry: PendingRequest = {
      abort,
      answered: answer
        .then(
          (message) => this.#checked(tag, message),
          (error: unknown) => this.#refused(tag, error),
        )
        .then((message) => {
          // A machine that was disposed meanwhile has nobody left to tell.
          if (this.#pending.get(tag) !== entry) return;
          this.#pending.delete(tag);
          reply(message);
        })
        .catch((error: unknown) => {
          this.#onFailure(tag, asSandglassError(error));
        }),
    };
    this.#pending.set(tag, entry);
  };

  attach(device: Virtio9p): void {
    this.#device = device;
  }

  close(): void {
    for (const { abort } of this.#pending.values()) abort.abort();
    this.#pending.clear();
    this.#handler = undefined;
    this.#device = undefined;
  }

  async #ask(request: Uint8Array, abort: AbortController): Promise<Uint8Array> {
    if (!this.#handler) {
      throw new SandglassError('failed-precondition', 'The machine has no 9P server.');
    }
    return this.#handler(request, abort.signal);
  }

  /** flush(9): what is flushed is answered first, then the Tflush. */
  async #flush(tag: number, flushed: PendingRequest | undefined): Promise<Uint8Array> {
    flushed?.abort.abort();
    await flushed?.answered;
    return message(rflush, tag, 0).bytes;
  }

  #checked(tag: number, reply: Uint8Array): Uint8Array {
    const room = this.#device?.tag_bufchain.get(tag)?.length_writable ?? Infinity;
    const view = viewOf(reply);
    let wrong: string | undefined;
    if (reply.length < messageHeaderBytes || view.getUint32(0, true) !== reply.length) {
      wrong = `of ${reply.length} bytes whose size field says otherwise`;
    } else if (view.getUint16(5, true) !== tag) {
      wrong = `with tag ${view.getUint16(5, true)}`;
    } else if (reply.length > room) {
      wrong = `of ${reply.length} bytes where the guest has room for ${room}`;
    }
    if (wrong === undefined) return reply;
    const error = new SandglassError('internal', `The 9P server sent a reply ${wrong}.`);
    return this.#refused(tag, error);
  }

  #refused(tag: number, error: unknown): Uint8Array {
    this.#onFailure(tag, asSandglassError(error));
    const { bytes, view } = message(rlerror, tag, 4);
    view.setUint32(messageHeaderBytes, eio, true);
    return bytes;
  }
}

function message(type: number, tag: number, bodyBytes: number) {
  const bytes = new Uint8Array(messageHeaderBytes + bodyBytes);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length, true);
  view.setUint8(4, type);
  view.setUint16(5, tag, true);
  return { bytes, view };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

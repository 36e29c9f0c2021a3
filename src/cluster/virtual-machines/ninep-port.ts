import { NinepMessage, NinepWriter, headerBytes } from '#abi/ninep.ts';
import type { Clock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { AttributesAhead } from './attributes-ahead.ts';

/** Of our own requests the first: Linux takes the lowest that is free, as many as v86's queue has room for. */
const firstOwnTag = 0x8000;
/** P9_NOTAG */
const noTag = 0xffff;
/** Ends of fids that the server has yet to learn of. Linux asks for something else in between; a guest that does not has to wait. */
const clunksMax = 256;

const viewOf = (message: Uint8Array) =>
  new DataView(message.buffer, message.byteOffset, message.byteLength);
const tagOf = (message: Uint8Array) => viewOf(message).getUint16(5, true);

/**
 * 9P requests of a machine over a port, answered by messages of the same tag. The way to the server is long: through
 * the node, whose one CPU has to switch to it and back. So two of them are not waited for: the end of a fid, and
 * attributes, which Linux asks for after each walk.
 */
export class NinepPort {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Deferred<Uint8Array>>();
  readonly #ahead: AttributesAhead;
  /** By the tags that they were told with. */
  readonly #clunks = new Set<number>();
  #lastOwnTag = noTag;

  constructor(port: MessagePort, clock: Clock) {
    this.#port = port;
    this.#ahead = new AttributesAhead(clock);
    port.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      const tag = tagOf(data);
      this.#pending.get(tag)?.resolve(data);
      this.#pending.delete(tag);
      this.#clunks.delete(tag);
    };
  }

  /**
   * A request that the guest has flushed (`signal`) is owed its answer all the same: until then its tag is taken. The
   * server is told, as it may be waiting for a lock that nobody wants any more.
   */
  ask(request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const known = this.#ahead.answer(request);
    if (known) return known.then((reply) => reply ?? this.#forward([request], signal));
    if (isClunk(request) && this.#clunks.size < clunksMax) return this.#clunk(request);
    const { question, take } = this.#ahead.question(request, () => this.#newTag());
    if (!question) return this.#forward([request], signal);
    take(this.#await(tagOf(question)).promise);
    return this.#forward([request, question], signal);
  }

  /** The first of the requests is asked for; they go together. */
  #forward(requests: readonly Uint8Array[], signal: AbortSignal): Promise<Uint8Array> {
    const tag = tagOf(requests[0] ?? new Uint8Array(headerBytes));
    const reply = this.#await(tag);
    signal.addEventListener('abort', () => {
      if (this.#pending.get(tag) === reply) this.#post([flush(tag, this.#newTag())]);
    });
    this.#post(requests);
    return reply.promise;
  }

  /** Nothing can be wrong with the end of a fid, and what follows comes to the server after it. */
  #clunk(request: Uint8Array): Promise<Uint8Array> {
    const told = request.slice();
    const tag = this.#newTag();
    viewOf(told).setUint16(5, tag, true);
    this.#clunks.add(tag);
    this.#post([told]);
    return Promise.resolve(new NinepWriter(NinepMessage.Rclunk, tagOf(request), 7).finish());
  }

  #await(tag: number): Deferred<Uint8Array> {
    const reply = new Deferred<Uint8Array>();
    this.#pending.set(tag, reply);
    return reply;
  }

  #newTag(): number {
    this.#lastOwnTag = this.#lastOwnTag + 1 < noTag ? this.#lastOwnTag + 1 : firstOwnTag;
    return this.#lastOwnTag;
  }

  #post(requests: readonly Uint8Array[]): void {
    const bytes = new Uint8Array(requests.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const request of requests) {
      bytes.set(request, at);
      at += request.length;
    }
    this.#port.postMessage(bytes, [bytes.buffer]);
  }
}

/** With the fid and nothing more. */
function isClunk(request: Uint8Array): boolean {
  return request[4] === NinepMessage.Tclunk && request.length === headerBytes + 4;
}

/** Its answer is nobody's: that of the flushed request comes before. */
function flush(tag: number, ownTag: number): Uint8Array {
  return new NinepWriter(NinepMessage.Tflush, ownTag, 9).u16(tag).finish();
}

/** The messages that came over a port in one; what is none comes as it is. */
export function* splitNinep(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const left = bytes.length - at;
    const size = left < headerBytes ? left : viewOf(bytes).getUint32(at, true);
    const end = size >= headerBytes && size <= left ? at + size : bytes.length;
    yield bytes.subarray(at, end);
    at = end;
  }
}

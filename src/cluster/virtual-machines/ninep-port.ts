import { Deferred } from '#base/deferred.ts';

/** tag[2] of a 9P message stands at byte 5. */
const tagOf = (message: Uint8Array) => (message[5] ?? 0) | ((message[6] ?? 0) << 8);

/** 9P requests over a port, answered by messages of the same tag. */
export class NinepPort {
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Deferred<Uint8Array>>();

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      const tag = tagOf(data);
      this.#pending.get(tag)?.resolve(data);
      this.#pending.delete(tag);
    };
  }

  /** A request that the guest has flushed is owed its answer all the same: until then its tag is taken. */
  ask(request: Uint8Array): Promise<Uint8Array> {
    const reply = new Deferred<Uint8Array>();
    this.#pending.set(tagOf(request), reply);
    const copy = request.slice();
    this.#port.postMessage(copy, [copy.buffer]);
    return reply.promise;
  }
}

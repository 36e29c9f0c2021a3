import { NinepMessage, NinepWriter } from '#abi/ninep.ts';
import { Deferred } from '#base/deferred.ts';

/** tag[2] of a 9P message stands at byte 5. */
const tagOf = (message: Uint8Array) => (message[5] ?? 0) | ((message[6] ?? 0) << 8);

/** Of our own requests: Linux takes the lowest that is free, and has as many as v86's queue has room for. */
const ownTag = 0x8000;

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

  /**
   * A request that the guest has flushed (`signal`) is owed its answer all the same: until then its tag is taken. The
   * server is told, as it may be waiting for a lock that nobody wants any more.
   */
  ask(request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const reply = new Deferred<Uint8Array>();
    const tag = tagOf(request);
    this.#pending.set(tag, reply);
    signal.addEventListener('abort', () => {
      if (this.#pending.get(tag) === reply) this.#post(flush(tag));
    });
    this.#post(request.slice());
    return reply.promise;
  }

  #post(message: Uint8Array): void {
    this.#port.postMessage(message, [message.buffer]);
  }
}

/** Its answer is nobody's: that of the flushed request comes before. */
function flush(tag: number): Uint8Array {
  return new NinepWriter(NinepMessage.Tflush, ownTag, 9).u16(tag).finish();
}

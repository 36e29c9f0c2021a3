import { ByteQueue } from '#base/byte-queue.ts';
import type { ByteDuplex } from '#base/byte-stream.ts';

/** Bytes that may wait in one direction. */
const defaultCapacity = 256 << 10;

/** Both ends of a connection within this thread. */
export function duplexPair(capacity = defaultCapacity): [ByteDuplex, ByteDuplex] {
  const there = new ByteQueue({ capacity });
  const back = new ByteQueue({ capacity });
  return [end(back, there), end(there, back)];
}

function end(incoming: ByteQueue, outgoing: ByteQueue): ByteDuplex {
  return {
    incoming,
    outgoing,
    close() {
      outgoing.end();
      incoming.cancel();
    },
  };
}

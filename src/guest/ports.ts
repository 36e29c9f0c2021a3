import type { Unsubscribe } from '#base/emitter.ts';

/** The wire to the agent: a virtio-console data port, seen from outside the machine. */
export interface ByteChannel {
  /** Lossless and in order; resolves when the guest has taken the bytes. The caller gives them away. */
  send(bytes: Uint8Array): Promise<void>;
  /** Bytes from the guest, in order; they belong to the listener. */
  listen(onBytes: (bytes: Uint8Array) => void): Unsubscribe;
}

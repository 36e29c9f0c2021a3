import { Duplex } from 'node:stream';
import type { ByteDuplex } from '#base/byte-stream.ts';

/** A stream of bytes as Node.js' servers take a connection: credit becomes back-pressure. */
export function nodeDuplex(stream: ByteDuplex): Duplex {
  const { incoming, outgoing } = stream;
  return new Duplex({
    read() {
      incoming.read().then(
        (chunk) => this.push(chunk ?? null),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      outgoing.write(chunk).then(() => done(), done);
    },
    writev(chunks, done) {
      // Many small frames of HTTP/2 become one on the way into the guest.
      outgoing
        .write(Buffer.concat(chunks.map(({ chunk }) => chunk as Uint8Array)))
        .then(() => done(), done);
    },
    final(done) {
      outgoing.end();
      done();
    },
    destroy(error, done) {
      stream.close();
      done(error);
    },
  });
}

import { ByteReader } from '#base/byte-reader.ts';
import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';

/** Reads a connection whose messages say how long they are: an end within one is `unavailable`. */
export function readConnection(incoming: ByteSource): ByteReader {
  return new ByteReader(
    incoming,
    () => new SandglassError('unavailable', 'The connection ended in the middle of a message.'),
  );
}

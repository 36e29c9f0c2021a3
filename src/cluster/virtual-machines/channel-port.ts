import type { BytePort } from '#base/byte-port.ts';
import { asSandglassError } from '#base/errors.ts';
import type { DataChannel } from '#vm/data-channel.ts';

type Channel = Pick<DataChannel, 'listen' | 'hold' | 'release' | 'send'>;

/**
 * Joins a data port of the machine to a stream. Each side waits while the other has no room. What the guest's process
 * has not taken when it closes the port is lost, and both ends of the stream are told so: it may be half of a message.
 */
export function connectChannel(channel: Channel, port: BytePort): void {
  const { incoming, outgoing } = port;
  channel.listen((bytes) => {
    channel.hold();
    outgoing.write(bytes).then(
      () => {
        channel.release();
      },
      // Nobody reads any more: the guest's writer waits.
      () => undefined,
    );
  });
  const feed = async () => {
    for (let bytes = await incoming.read(); bytes; bytes = await incoming.read()) {
      await channel.send(bytes);
    }
  };
  feed().catch((error: unknown) => {
    port.fail(asSandglassError(error));
  });
}

import type { ByteDuplex } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { awaitGoodbye } from '#kube/streaming/goodbye.ts';
import { WebSocketChannels } from '#kube/streaming/websocket/channels.ts';
import type { WebSocketConnection } from '#kube/streaming/websocket/connection.ts';
import { forward, type PortForwardOptions } from './forward.ts';

/** Forwards one connection for each port (cri-streaming, portforward/websocket.go). Never rejects. */
export async function serveChannelForwards(
  connection: WebSocketConnection,
  encoding: 'binary' | 'base64',
  options: PortForwardOptions,
): Promise<void> {
  const { ports, clock } = options;
  const channels = new WebSocketChannels(connection, {
    encoding,
    halfClose: false,
    readable: ports.map((_port, index) => 2 * index),
  });
  const gone = new AbortController();
  const over = channels.run().then(() => {
    gone.abort(new SandglassError('cancelled', 'The client has gone away.'));
  });
  await Promise.all(
    ports.map((port, index) => forwardPort(channels, index, port, options, gone.signal)),
  );
  channels.discardIncoming();
  connection.close();
  await awaitGoodbye(over, clock).catch(() => undefined);
  connection.abort();
}

async function forwardPort(
  channels: WebSocketChannels,
  index: number,
  port: number,
  { pod, connect }: PortForwardOptions,
  torn: AbortSignal,
): Promise<void> {
  const outgoing = channels.outgoing(2 * index);
  const errors = channels.outgoing(2 * index + 1);
  const data: ByteDuplex = {
    incoming: channels.incoming(2 * index),
    outgoing,
    close: () => undefined,
  };
  const tell = (text: string) => errors.write(new TextEncoder().encode(text));
  // Each channel begins with its port, in little-endian order.
  const greeting = new Uint8Array([port & 0xff, port >> 8]);
  const greet = Promise.all([outgoing.write(greeting), errors.write(greeting)]);
  await greet.catch(() => undefined);
  await forward({ port, pod, data, tell, torn }, connect);
}

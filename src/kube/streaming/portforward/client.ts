import { type ByteDuplex, type ByteSink, type ByteSource, readAllText } from '#base/byte-stream.ts';
import { SpdyConnection } from '#kube/streaming/spdy/connection.ts';
import { openSpdy } from '#kube/streaming/spdy/handshake.ts';
import type { SpdyStream } from '#kube/streaming/spdy/stream.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { openWebSocket } from '#kube/streaming/websocket/handshake.ts';
import { tunnel } from '#kube/streaming/websocket/tunnel.ts';
import { portForwardProtocol, streamHeaders, tunnelProtocol } from './protocols.ts';

export type Transport = 'websocket' | 'spdy';

/** Port-forward as kubectl does it (client-go, tools/portforward). */
export class PortForwardClient {
  readonly #upgrade: UpgradeHandler;
  readonly #transport: Transport;

  constructor(
    upgrade: UpgradeHandler,
    { transport = 'websocket' }: { transport?: Transport } = {},
  ) {
    this.#upgrade = upgrade;
    this.#transport = transport;
  }

  /** A connection to the pod, over which any number of connections to its ports go. */
  async open(url: URL, signal?: AbortSignal): Promise<PortForwardConnection> {
    const target = { url, ...(signal && { signal }) };
    if (this.#transport === 'spdy') {
      const { connection } = await openSpdy(this.#upgrade, {
        ...target,
        protocols: [portForwardProtocol],
      });
      return new PortForwardConnection(connection);
    }
    const { connection } = await openWebSocket(this.#upgrade, {
      ...target,
      protocols: [tunnelProtocol],
    });
    return new PortForwardConnection(new SpdyConnection(tunnel(connection), { role: 'client' }));
  }
}

export class PortForwardConnection {
  /** Resolves when the connection to the pod is over. */
  readonly closed: Promise<undefined>;
  readonly #connection: SpdyConnection;
  #requestId = 0;

  constructor(connection: SpdyConnection) {
    this.closed = connection.closed;
    this.#connection = connection;
    void connection.run();
  }

  /** Connects to a port of the pod. What goes wrong there is told by the connection's `failure`. */
  async connect(port: number, signal?: AbortSignal): Promise<ForwardedConnection> {
    const headers = (type: 'error' | 'data') =>
      new Headers({
        [streamHeaders.type]: type,
        [streamHeaders.port]: String(port),
        [streamHeaders.requestId]: String(requestId),
      });
    const requestId = this.#requestId++;
    const error = await this.#connection.createStream(headers('error'), signal);
    try {
      // Nothing is written to it.
      error.outgoing.end();
      const data = await this.#connection.createStream(headers('data'), signal);
      return new ForwardedConnection(data, error);
    } catch (thrown) {
      error.close();
      throw thrown;
    }
  }

  close(): void {
    this.#connection.leave();
  }
}

/** One connection to a port. */
export class ForwardedConnection implements ByteDuplex {
  readonly incoming: ByteSource;
  readonly outgoing: ByteSink;
  /** Resolves at its end with what went wrong on the pod's side, if anything did. */
  readonly failure: Promise<string | undefined>;
  readonly #data: SpdyStream;

  constructor(data: SpdyStream, error: SpdyStream) {
    this.incoming = data.incoming;
    this.outgoing = data.outgoing;
    this.#data = data;
    this.failure = readAllText(error.incoming).then(
      (text) => (text === '' ? undefined : text),
      () => undefined,
    );
  }

  /** Lets the pod's side go; what it still sends is dropped, so that it holds up no other connection. */
  close(): void {
    this.#data.close();
  }
}

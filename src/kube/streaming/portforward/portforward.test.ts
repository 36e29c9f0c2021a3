import { describe, expect, it } from 'vitest';
import { type ByteDuplex, pipeBytes, readAllBytes, readAllText } from '#base/byte-stream.ts';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { SpdyConnection } from '#kube/streaming/spdy/connection.ts';
import { openSpdy } from '#kube/streaming/spdy/handshake.ts';
import { randomBytes, settle } from '#kube/streaming/testing.ts';
import type { UpgradeHandler, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { WebSocketConnection } from '#kube/streaming/websocket/connection.ts';
import { openWebSocket } from '#kube/streaming/websocket/handshake.ts';
import { PortForwardClient, type Transport } from './client.ts';
import type { ConnectPort } from './forward.ts';
import { servePortForward } from './serve.ts';

const url = new URL('http://node/portforward/token');
const text = (value: string) => new TextEncoder().encode(value);

/** A pod that sends back what it is sent. */
const echo: ConnectPort = () => {
  const [near, far] = duplexPair();
  void pipeBytes(far.incoming, far.outgoing).catch(() => undefined);
  return Promise.resolve(near);
};

interface ServerOptions {
  ports?: number[];
  clock?: ManualClock;
}

function serverOf(connect: ConnectPort, options: ServerOptions = {}): UpgradeHandler {
  const { ports = [], clock = new ManualClock() } = options;
  return (request) =>
    Promise.resolve(servePortForward(request, { pod: 'sandbox', ports, connect, clock }));
}

/** A pod whose side of each connection the test holds. */
function heldPod() {
  const connections: { port: number; far: ByteDuplex }[] = [];
  const connect: ConnectPort = (port) => {
    const [near, far] = duplexPair();
    connections.push({ port, far });
    return Promise.resolve(near);
  };
  return { connections, connect };
}

describe.each<Transport>(['websocket', 'spdy'])('port-forward over %s', (transport) => {
  const open = (upgrade: UpgradeHandler) => new PortForwardClient(upgrade, { transport }).open(url);

  it('carries several connections at once, each to its port', async () => {
    const { connections, connect } = heldPod();
    const forwarder = await open(serverOf(connect));
    const [first, second] = [await forwarder.connect(80), await forwarder.connect(8080)];
    await settle();
    expect(connections.map(({ port }) => port)).toEqual([80, 8080]);
    await second.outgoing.write(text('to 8080'));
    await first.outgoing.write(text('to 80'));
    const said = await Promise.all(connections.map(({ far }) => far.incoming.read()));
    expect(said).toEqual([text('to 80'), text('to 8080')]);
  });

  it('moves 10 MiB each way', async () => {
    const forwarder = await open(serverOf(echo));
    const connection = await forwarder.connect(7);
    const bytes = randomBytes(10 << 20, 1);
    const send = async () => {
      await connection.outgoing.write(bytes);
      connection.outgoing.end();
    };
    const [received] = await Promise.all([readAllBytes(connection.incoming), send()]);
    expect(Buffer.compare(received, bytes)).toBe(0);
    expect(await connection.failure).toBeUndefined();
  });

  it('lets the pod answer after the client has said all', async () => {
    const { connections, connect } = heldPod();
    const forwarder = await open(serverOf(connect));
    const connection = await forwarder.connect(80);
    await connection.outgoing.write(text('GET /'));
    connection.outgoing.end();
    await settle();
    const [{ far } = { far: undefined }] = connections;
    if (!far) throw new Error('not connected');
    expect(await readAllText(far.incoming)).toBe('GET /');
    await far.outgoing.write(text('answer'));
    far.outgoing.end();
    expect(await readAllText(connection.incoming)).toBe('answer');
    expect(await connection.failure).toBeUndefined();
  });

  it('is told why the pod cannot be reached, and can still reach it elsewhere', async () => {
    const connect: ConnectPort = (port, signal) =>
      port === 81
        ? Promise.reject(new SandglassError('unavailable', 'connection refused'))
        : echo(port, signal);
    const forwarder = await open(serverOf(connect));
    const refused = await forwarder.connect(81);
    expect(await refused.failure).toBe(
      'error forwarding port 81 to pod sandbox, uid : connection refused',
    );
    expect(await readAllBytes(refused.incoming)).toHaveLength(0);
    const connection = await forwarder.connect(80);
    await connection.outgoing.write(text('ping'));
    expect(await connection.incoming.read()).toEqual(text('ping'));
  });

  it('is told of a connection that breaks', async () => {
    const broken: ConnectPort = () => {
      const [near] = duplexPair();
      const incoming = {
        read: () => Promise.reject(new SandglassError('unavailable', 'connection reset by peer')),
        cancel: () => undefined,
      };
      return Promise.resolve({ ...near, incoming });
    };
    const connection = await (await open(serverOf(broken))).connect(80);
    expect(await connection.failure).toBe(
      'error forwarding port 80 to pod sandbox, uid : connection reset by peer',
    );
  });

  it('closes the connection of a client that wants no more of it', async () => {
    const { connections, connect } = heldPod();
    const forwarder = await open(serverOf(connect));
    const connection = await forwarder.connect(80);
    await settle();
    connection.close();
    await settle();
    await expect(connections[0]?.far.outgoing.write(text('x'))).rejects.toThrow('closed');
  });

  it('closes all connections of a client that goes away', async () => {
    const { connections, connect } = heldPod();
    const forwarder = await open(serverOf(connect));
    await forwarder.connect(80);
    await forwarder.connect(81);
    await settle();
    forwarder.close();
    await forwarder.closed;
    await settle();
    for (const { far } of connections) {
      await expect(far.outgoing.write(text('x'))).rejects.toThrow('closed');
    }
    expect(connections).toHaveLength(2);
  });

  it('gives up a connection that the pod is slow to take', async () => {
    let isGivenUp = false;
    const connect: ConnectPort = (_port, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isGivenUp = true;
          reject(new SandglassError('cancelled', 'given up'));
        });
      });
    const forwarder = await open(serverOf(connect));
    const connection = await forwarder.connect(80);
    connection.close();
    await settle();
    expect(isGivenUp).toBe(true);
  });
});

describe('the streams of port-forward', () => {
  async function connectByHand(options: ServerOptions = {}) {
    const { connections, connect } = heldPod();
    const { connection } = await openSpdy(serverOf(connect, options), {
      url,
      protocols: ['portforward.k8s.io'],
    });
    void connection.run();
    const create = (headers: Record<string, string>) =>
      connection.createStream(new Headers(headers));
    return { connections, create };
  }

  it.each([
    ['no port', { streamtype: 'data' }],
    ['a port that is no number', { streamtype: 'data', port: 'http' }],
    ['the port 0', { streamtype: 'data', port: '0' }],
    ['a port that is too high', { streamtype: 'data', port: '65536' }],
    ['no type', { port: '80' }],
    ['an unknown type', { streamtype: 'stdin', port: '80' }],
  ])('are refused with %s', async (_what, headers) => {
    const { create } = await connectByHand();
    await expect(create({ ...headers, requestid: '0' })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('are refused when they come twice', async () => {
    const { create } = await connectByHand();
    await create({ streamtype: 'error', port: '80', requestid: '0' });
    const twice = create({ streamtype: 'error', port: '80', requestid: '0' });
    await expect(twice).rejects.toMatchObject({ code: 'aborted' });
  });

  it('find each other without an ID, as of old clients', async () => {
    const { create, connections } = await connectByHand();
    await create({ streamtype: 'error', port: '80' });
    await create({ streamtype: 'data', port: '80' });
    await settle();
    expect(connections).toHaveLength(1);
  });

  it('wait 30 s for each other', async () => {
    const clock = new ManualClock();
    const { create, connections } = await connectByHand({ clock });
    const error = await create({ streamtype: 'error', port: '80', requestid: '5' });
    clock.advance(30_000);
    expect(await readAllText(error.incoming)).toBe('(request=5) timed out waiting for streams');
    expect(connections).toHaveLength(0);
  });
});

describe('the old channels of port-forward', () => {
  async function openChannels(
    connect: ConnectPort,
    ports: number[],
    protocol = 'v4.channel.k8s.io',
  ) {
    const upgrade = serverOf(connect, { ports });
    const { connection } = await openWebSocket(upgrade, { url, protocols: [protocol] });
    return connection;
  }

  async function next(socket: WebSocketConnection): Promise<number[]> {
    return [...((await socket.receive())?.bytes ?? [])];
  }

  it('begin with their ports, and are two for each', async () => {
    const { connections, connect } = heldPod();
    const socket = await openChannels(connect, [80, 8080]);
    const greetings = [
      await next(socket),
      await next(socket),
      await next(socket),
      await next(socket),
    ];
    expect(greetings.sort()).toEqual([
      [0, 80, 0],
      [1, 80, 0],
      [2, 0x90, 0x1f],
      [3, 0x90, 0x1f],
    ]);
    await settle();
    const to8080 = connections.find(({ port }) => port === 8080)?.far;
    await socket.send('binary', [Uint8Array.of(2), text('x')]);
    expect(await to8080?.incoming.read()).toEqual(text('x'));
    await to8080?.outgoing.write(text('y'));
    expect(await next(socket)).toEqual([2, 0x79]);
  });

  it('tell why the pod cannot be reached, and end', async () => {
    const connect: ConnectPort = () => Promise.reject(new SandglassError('unavailable', 'refused'));
    const socket = await openChannels(connect, [80]);
    await next(socket);
    await next(socket);
    const message = new TextDecoder().decode((await socket.receive())?.bytes);
    expect(message).toBe('\x01error forwarding port 80 to pod sandbox, uid : refused');
    expect(await socket.receive()).toBeUndefined();
    expect((await socket.closed).code).toBe(1000);
  });

  it('let go of the pod when the client says goodbye', async () => {
    const { connections, connect } = heldPod();
    const socket = await openChannels(connect, [80]);
    await settle();
    socket.close();
    while (await socket.receive());
    await settle();
    await expect(connections[0]?.far.outgoing.write(text('x'))).rejects.toThrow('closed');
  });

  it('need ports', async () => {
    await expect(openChannels(echo, [])).rejects.toThrow('query parameter "port" is required');
  });

  it('are not mistaken for the tunnel', async () => {
    const upgrade = serverOf(echo);
    const protocols = ['SPDY/3.1+portforward.k8s.io'];
    const { connection, protocol } = await openWebSocket(upgrade, { url, protocols });
    expect(protocol).toBe('SPDY/3.1+portforward.k8s.io');
    connection.leave();
  });
});

it('ends with the request of the client', async () => {
  const { connections, connect } = heldPod();
  const gone = new AbortController();
  const request: UpgradeRequest = {
    method: 'POST',
    url,
    headers: new Headers({
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': 'portforward.k8s.io',
    }),
    signal: gone.signal,
  };
  const answer = await serverOf(connect)(request);
  if (answer instanceof Response) throw new Error('refused');
  const client = new SpdyConnection(answer.stream, { role: 'client' });
  const over = client.run();
  await client.createStream(new Headers({ streamtype: 'error', port: '80', requestid: '0' }));
  await client.createStream(new Headers({ streamtype: 'data', port: '80', requestid: '0' }));
  await settle();
  gone.abort();
  await over;
  await settle();
  await expect(connections[0]?.far.outgoing.write(text('x'))).rejects.toThrow('closed');
});

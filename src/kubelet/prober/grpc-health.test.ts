import { createServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { grpcHealthCheck } from './grpc-health.ts';

/** Against an HTTP/2 server that is not ours. */
const server = createServer();
const signal = new AbortController().signal;

afterEach(() => {
  server.removeAllListeners('stream');
  server.close();
});

async function check(
  answer: number | undefined,
  service = '',
): Promise<{ result: string; output: string }> {
  let asked = '';
  server.on('stream', (stream, headers) => {
    stream.on('data', (bytes: Buffer) => {
      asked = `${String(headers[':path'])} ${bytes.subarray(7).toString()}`;
      const body = answer === undefined ? [] : [0x08, answer];
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { endStream: answer === undefined },
      );
      if (answer !== undefined) stream.end(Buffer.from([0, 0, 0, 0, body.length, ...body]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const node = new FakeNode();
  node.dial = () => Promise.resolve(duplexTo(port));
  const outcome = await grpcHealthCheck(node, { host: '127.0.0.1', port }, service, signal);
  expect(asked).toBe(`/grpc.health.v1.Health/Check ${service}`);
  return outcome;
}

function duplexTo(port: number) {
  const socket = connect(port, '127.0.0.1');
  const incoming = new ByteQueue({ capacity: 1 << 20 });
  socket.on('data', (bytes) => {
    incoming.push(bytes);
  });
  socket.on('close', () => {
    incoming.end();
  });
  return {
    incoming,
    outgoing: {
      write: (bytes: Uint8Array) =>
        new Promise<void>((resolve) => {
          socket.write(bytes, () => {
            resolve();
          });
        }),
      end: () => socket.end(),
    },
    close: () => socket.destroy(),
  };
}

describe('grpcHealthCheck', () => {
  it('succeeds for a service that serves', async () => {
    expect(await check(1, 'shop')).toEqual({ result: 'success', output: 'service healthy' });
  });

  it('fails for one that does not', async () => {
    expect(await check(2)).toEqual({
      result: 'failure',
      output: 'service unhealthy (responded with "NOT_SERVING")',
    });
  });

  it('rejects when there is no answer', async () => {
    await expect(check(undefined)).rejects.toThrow('the server answered without a message');
  });
});

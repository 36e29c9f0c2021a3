import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import type { ProbeResult } from './results.ts';

/** HTTP/2 (RFC 9113), just enough for one unary call on a connection of its own. */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const frame = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7 } as const;
const flag = { ack: 1, endStream: 1, endHeaders: 4 } as const;

/** grpc.health.v1.Health/Check of one service (pkg/probe/grpc/grpc.go). */
export async function grpcHealthCheck(
  node: KubeletNode,
  address: { host: string; port: number },
  service: string,
  signal: AbortSignal,
): Promise<{ result: ProbeResult; output: string }> {
  const connection = await node.dial(address, signal);
  try {
    const encoder = new TextEncoder();
    const request = concatBytes([
      encoder.encode(preface),
      makeFrame(frame.settings, 0, 0, new Uint8Array()),
      makeFrame(
        frame.headers,
        flag.endHeaders,
        1,
        requestHeaders(`${address.host}:${address.port}`),
      ),
      makeFrame(frame.data, flag.endStream, 1, message(service)),
    ]);
    await connection.outgoing.write(request, signal);
    const status = await servingStatus(
      connection.incoming,
      (bytes) => connection.outgoing.write(bytes, signal),
      signal,
    );
    if (status === 1) return { result: 'success', output: 'service healthy' };
    const output = `service unhealthy (responded with "${servingStatuses[status] ?? status}")`;
    return { result: 'failure', output };
  } finally {
    connection.close();
  }
}

const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** HealthCheckRequest { service = 1 } with gRPC's five bytes before it. */
function message(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const body =
    name.length === 0 ? new Uint8Array() : concatBytes([Uint8Array.of(0x0a, name.length), name]);
  return concatBytes([Uint8Array.of(0, 0, 0, 0, body.length), body]);
}

/** HPACK (RFC 7541) without Huffman coding and without the dynamic table. */
function requestHeaders(authority: string): Uint8Array {
  const method = Uint8Array.of(0x83);
  const scheme = Uint8Array.of(0x86);
  return concatBytes([
    method,
    scheme,
    literal(':path', '/grpc.health.v1.Health/Check'),
    literal(':authority', authority),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
    literal('user-agent', 'kube-probe/1.36'),
  ]);
}

function literal(name: string, value: string): Uint8Array {
  const [key, text] = [new TextEncoder().encode(name), new TextEncoder().encode(value)];
  return concatBytes([Uint8Array.of(0, key.length), key, Uint8Array.of(text.length), text]);
}

function makeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(9);
  const view = new DataView(head.buffer);
  view.setUint8(0, payload.length >>> 16);
  view.setUint16(1, payload.length & 0xffff);
  view.setUint8(3, type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  return concatBytes([head, payload]);
}

/** Reads frames until the answer's message is there. */
async function servingStatus(
  source: ByteSource,
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  let buffer = new Uint8Array() as Uint8Array;
  for (;;) {
    while (buffer.length >= 9) {
      const length = ((buffer[0] ?? 0) << 16) | ((buffer[1] ?? 0) << 8) | (buffer[2] ?? 0);
      if (buffer.length < 9 + length) break;
      const [type = 0, flags = 0] = [buffer[3], buffer[4]];
      const payload = buffer.subarray(9, 9 + length);
      buffer = buffer.subarray(9 + length);
      if (type === frame.data && payload.length >= 5) return statusOf(payload);
      // Trailers without a message: the call failed, for want of the service for one.
      if (type === frame.headers && (flags & flag.endStream) !== 0)
        throw unavailable('the server answered without a message');
      if (type === frame.reset || type === frame.goAway)
        throw unavailable('the server closed the call');
      if (type === frame.settings && (flags & flag.ack) === 0)
        await write(makeFrame(frame.settings, flag.ack, 0, new Uint8Array()));
      if (type === frame.ping && (flags & flag.ack) === 0)
        await write(makeFrame(frame.ping, flag.ack, 0, payload));
    }
    const chunk = await source.read(signal);
    if (!chunk) throw unavailable('EOF');
    buffer = concatBytes([buffer, chunk]);
  }
}

/** HealthCheckResponse { status = 1 } */
function statusOf(payload: Uint8Array): number {
  const body = payload.subarray(5);
  return body[0] === 0x08 ? (body[1] ?? 0) : 0;
}

function unavailable(why: string): SandglassError {
  return new SandglassError('unavailable', `error: health rpc probe failed: ${why}`);
}

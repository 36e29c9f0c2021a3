import type { ByteSource } from '#base/byte-stream.ts';
import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import { netError } from './net-errors.ts';

export interface HttpRequest {
  host: string;
  port: number;
  path: string;
  headers: readonly [string, string][];
  scheme: string | undefined;
  /** Told when the connection is there. */
  onConnected?: () => void;
}

export interface HttpResponse {
  status: number;
  statusText: string;
  headers: ReadonlyMap<string, string>;
  /** At most `maxBody` bytes of it. */
  body: string;
}

/** pkg/probe/http/http.go, maxRespBodyLength */
const maxBody = 10 * 1024;
const maxHead = 64 * 1024;

/**
 * One GET on a connection of its own, in HTTP/1.1 with `Connection: close`. What fails once the request is made is
 * told as Go's http.Client tells it: `Get "http://10.0.0.1:80/": EOF`.
 */
export async function httpGet(
  node: KubeletNode,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { host, port, path, scheme } = request;
  if (scheme === 'HTTPS') {
    throw new SandglassError('unimplemented', 'HTTPS is not spoken here: use HTTP, TCP or exec.');
  }
  try {
    return await exchange(node, request, signal);
  } catch (error) {
    throwIfCancelled(signal);
    const { code, message, errno } = asSandglassError(error);
    throw new SandglassError(code, `${describeGet(host, port, path)}: ${message}`, {
      cause: error,
      ...(errno !== undefined && { errno }),
    });
  }
}

export function describeGet(host: string, port: number, path: string): string {
  return `Get ${quote(`http://${host}:${port}${path}`)}`;
}

async function exchange(
  node: KubeletNode,
  { host, port, path, headers, onConnected }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const where = `${host}:${port}`;
  const connection = await node.dial({ host, port }, signal).catch((error: unknown) => {
    throw netError('dial', where, error);
  });
  onConnected?.();
  try {
    const lines = [
      `GET ${path} HTTP/1.1`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
    ];
    const head = new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`);
    await connection.outgoing.write(head, signal).catch((error: unknown) => {
      throw netError('write', where, error);
    });
    const incoming: Reader = (until) =>
      connection.incoming.read(until).catch((error: unknown) => {
        throw netError('read', where, error);
      });
    return await readResponse(incoming, signal);
  } finally {
    connection.close();
  }
}

type Reader = (signal: AbortSignal) => ReturnType<ByteSource['read']>;

async function readResponse(read: Reader, signal: AbortSignal): Promise<HttpResponse> {
  let received = new Uint8Array();
  let end = -1;
  while (end < 0) {
    const chunk = await read(signal);
    if (!chunk)
      throw new SandglassError('unavailable', received.length === 0 ? 'EOF' : 'unexpected EOF');
    received = concatBytes([received, chunk]) as Uint8Array<ArrayBuffer>;
    end = headEnd(received);
    if (end < 0 && received.length > maxHead) {
      throw new SandglassError(
        'resource-exhausted',
        'net/http: server response headers exceeded 65536 bytes; aborted',
      );
    }
  }
  const [statusLine = '', ...lines] = new TextDecoder('latin1')
    .decode(received.subarray(0, end))
    .split(/\r?\n/);
  const match = /^HTTP\/1\.\d (\d{3}) ?(.*)$/.exec(statusLine);
  if (!match)
    throw new SandglassError(
      'data-loss',
      `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${quote(statusLine)}`,
    );
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const status = Number(match[1]);
  const body = await readBody(read, received.subarray(end), headers, signal);
  return { status, statusText: match[2] ?? '', headers, body };
}

async function readBody(
  read: Reader,
  first: Uint8Array,
  headers: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const declared = headers.get('content-length');
  const wanted = Math.min(maxBody, declared === undefined ? Infinity : Number(declared));
  const chunks = [first];
  let length = first.length;
  while (length < wanted) {
    const chunk = await read(signal);
    if (!chunk) break;
    chunks.push(chunk);
    length += chunk.length;
  }
  const bytes = concatBytes(chunks).subarray(0, wanted);
  const chunked = headers.get('transfer-encoding')?.toLowerCase() === 'chunked';
  return new TextDecoder().decode(chunked ? withoutChunks(bytes) : bytes);
}

/** The content of a chunked body, as far as it was read (RFC 9112, 7.1). */
function withoutChunks(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(0x0a, at);
    if (lineEnd < 0) break;
    const size = parseInt(new TextDecoder().decode(bytes.subarray(at, lineEnd)), 16);
    if (!(size > 0)) break;
    chunks.push(bytes.subarray(lineEnd + 1, lineEnd + 1 + size));
    // The chunk's own line end follows it.
    at = lineEnd + 1 + size + 2;
  }
  return concatBytes(chunks);
}

/** Where the empty line after the headers ends, or -1. */
function headEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}

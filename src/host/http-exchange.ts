import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { FetchHandler } from '#kube/streaming/upgrade.ts';

/** Answers one request of Node.js' HTTP server by a fetch handler; its signal fires when the client goes. */
export async function exchange(
  fetch: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  await send(await respond(fetch, incoming, gone.signal), incoming, outgoing);
}

async function respond(
  fetch: FetchHandler,
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(requestOf(incoming, signal));
  } catch (thrown) {
    const { code, message } = asSandglassError(thrown);
    return new Response(`${message}\n`, { status: statuses[code] ?? 500 });
  }
}

/** Of what a handler has no answer of its own for. */
const statuses: Partial<Record<SandglassError['code'], number>> = {
  'invalid-argument': 400,
  unavailable: 503,
};

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  // `duplex` is asked for by Node.js and unknown to the types: the answer may come before the body's end.
  const body = hasBody ? { body: Readable.toWeb(incoming) as never, duplex: 'half' } : {};
  return new Request(requestUrl(incoming), {
    method,
    headers: requestHeaders(incoming),
    signal,
    ...body,
  });
}

export function requestUrl({ url = '/', headers }: IncomingMessage): URL {
  const base = `http://${headers.host ?? 'localhost'}`;
  if (!url.startsWith('/') || !URL.canParse(base)) {
    throw new SandglassError('invalid-argument', `${base}${url} is no address of this server.`);
  }
  // Not `new URL(url, base)`, which takes what follows `//` for another host.
  return new URL(`${new URL(base).origin}${url}`);
}

export function requestHeaders({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}

async function send(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  // What of the body nobody has read would stand before the connection's next request.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  outgoing.writeHead(response.status);
  if (!response.body) {
    outgoing.end();
    return;
  }
  // A watch's client waits for these before its first event.
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
}

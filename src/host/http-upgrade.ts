import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asSandglassError } from '#base/errors.ts';
import type { UpgradeHandler, Upgraded } from '#kube/streaming/upgrade.ts';
import { requestHeaders, requestUrl } from './http-exchange.ts';
import { nodeDuplex } from './node-duplex.ts';

/** Answers a request to change protocols, and carries the bytes of the changed connection until its end. */
export async function changeProtocols(
  upgrade: UpgradeHandler,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const answer = await ask(upgrade, incoming, gone.signal);
  if (answer instanceof Response) {
    await refuse(socket, answer);
    return;
  }
  socket.write(headText(101, answer.headers));
  if (head.length > 0) socket.unshift(head);
  const stream = nodeDuplex(answer.stream);
  await Promise.all([pipeline(socket, stream), pipeline(stream, socket)]);
}

async function ask(
  upgrade: UpgradeHandler,
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Upgraded | Response> {
  try {
    return await upgrade({
      method: incoming.method ?? 'GET',
      url: requestUrl(incoming),
      headers: requestHeaders(incoming),
      signal,
    });
  } catch (thrown) {
    const { code, message } = asSandglassError(thrown);
    return new Response(`${message}\n`, { status: code === 'unavailable' ? 503 : 500 });
  }
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('content-length', String(body.length));
  headers.set('connection', 'close');
  socket.write(headText(response.status, headers));
  socket.end(body);
}

function headText(status: number, headers: Headers): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
}

import { sha1 } from '@noble/hashes/legacy.js';
import { SandglassError } from '#base/errors.ts';
import { plainText, refusalError } from '#kube/streaming/refusal.ts';
import { hasToken, listOf } from '#kube/streaming/header-lists.ts';
import type { UpgradeHandler, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { WebSocketConnection } from './connection.ts';

/** RFC 6455, 1.3: proves that the server meant to speak WebSocket. */
const acceptSalt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const version = '13';

export function isWebSocketRequest({ headers }: UpgradeRequest): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket' && hasToken(headers, 'upgrade');
}

/** What a client offers, in its order. */
export function offeredProtocols({ headers }: UpgradeRequest): string[] {
  return listOf(headers.get('sec-websocket-protocol'));
}

export interface WebSocketAnswer {
  /** Of the client's protocols the first that is supported; '' where it names none and that is supported. */
  protocol: string;
  headers: Headers;
}

/** Judges a request as upstream does (golang.org/x/net/websocket/hybi.go; wsstream's `handshake`). */
export function answerWebSocket(
  request: UpgradeRequest,
  supported: readonly string[],
): WebSocketAnswer | Response {
  const { method, headers } = request;
  if (method !== 'GET') return plainText(405, 'bad method\n');
  const key = headers.get('sec-websocket-key') ?? '';
  if (key === '') return plainText(400, 'mismatch challenge/response\n');
  if (headers.get('sec-websocket-version') !== version) {
    const response = plainText(400, 'missing or bad WebSocket Version\n');
    response.headers.set('sec-websocket-version', version);
    return response;
  }
  const offered = offeredProtocols(request);
  const protocol = (offered.length === 0 ? [''] : offered).find((one) => supported.includes(one));
  if (protocol === undefined) {
    return plainText(
      403,
      `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${supported.join(' ')}]\n`,
    );
  }
  const answer = new Headers({
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-accept': acceptOf(key),
  });
  if (protocol !== '') answer.set('sec-websocket-protocol', protocol);
  return { protocol, headers: answer };
}

export function acceptOf(key: string): string {
  return base64(sha1(new TextEncoder().encode(key + acceptSalt)));
}

export interface WebSocketTarget {
  url: URL;
  protocols: readonly string[];
  signal?: AbortSignal;
}

/** Connects as a client; a refusal is thrown as the error that the server gave. */
export async function openWebSocket(
  upgrade: UpgradeHandler,
  { url, protocols, signal }: WebSocketTarget,
): Promise<{ connection: WebSocketConnection; protocol: string }> {
  const key = base64(crypto.getRandomValues(new Uint8Array(16)));
  const headers = new Headers({
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-version': version,
    'sec-websocket-key': key,
    'sec-websocket-protocol': protocols.join(', '),
  });
  const answer = await upgrade({ method: 'GET', url, headers, ...(signal && { signal }) });
  if (answer instanceof Response) throw await refusalError(answer);
  const protocol = answer.headers.get('sec-websocket-protocol') ?? '';
  if (
    answer.headers.get('sec-websocket-accept') !== acceptOf(key) ||
    !protocols.includes(protocol)
  ) {
    answer.stream.close();
    throw new SandglassError(
      'internal',
      'The server answered a WebSocket request with something else.',
    );
  }
  return { connection: new WebSocketConnection(answer.stream, 'client'), protocol };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

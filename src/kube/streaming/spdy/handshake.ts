import { SandglassError } from '#base/errors.ts';
import { hasToken, listOf } from '#kube/streaming/header-lists.ts';
import { plainText, refusalError } from '#kube/streaming/refusal.ts';
import type { UpgradeHandler, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { SpdyConnection } from './connection.ts';

/** k8s.io/streaming, pkg/httpstream/httpstream.go and spdy/roundtripper.go. */
const spdy31 = 'SPDY/3.1';
const versionHeader = 'x-stream-protocol-version';
const acceptedHeader = 'x-accepted-stream-protocol-versions';

export interface SpdyAnswer {
  /** What is spoken over the streams. */
  protocol: string;
  headers: Headers;
}

/** Judges a request as upstream does (httpstream.Handshake, spdy's UpgradeResponse). */
export function answerSpdy(
  { headers }: UpgradeRequest,
  supported: readonly string[],
): SpdyAnswer | Response {
  const value = headers.get(versionHeader);
  const offered = listOf(value);
  if (value === null || offered.length === 0) {
    const why = value === null ? 'does not exist in request' : 'has no valid protocols';
    return plainText(400, `unable to upgrade: header X-Stream-Protocol-Version ${why}\n`);
  }
  const protocol = offered.find((one) => supported.includes(one));
  if (protocol === undefined) {
    const response = plainText(
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], ` +
        `server accepts [${supported.join(' ')}]\n`,
    );
    response.headers.set(acceptedHeader, supported.join(', '));
    return response;
  }
  const isSpdy = (headers.get('upgrade') ?? '').toLowerCase().includes(spdy31.toLowerCase());
  if (!isSpdy || !hasToken(headers, 'upgrade')) {
    return plainText(400, 'unable to upgrade: missing upgrade headers in request\n');
  }
  return {
    protocol,
    headers: new Headers({ connection: 'Upgrade', upgrade: spdy31, [versionHeader]: protocol }),
  };
}

export interface SpdyTarget {
  url: URL;
  protocols: readonly string[];
  signal?: AbortSignal;
}

/** Connects as a client; a refusal is thrown as the error that the server gave. */
export async function openSpdy(
  upgrade: UpgradeHandler,
  { url, protocols, signal }: SpdyTarget,
): Promise<{ connection: SpdyConnection; protocol: string }> {
  const headers = new Headers({
    connection: 'Upgrade',
    upgrade: spdy31,
    [versionHeader]: protocols.join(', '),
  });
  const answer = await upgrade({ method: 'POST', url, headers, ...(signal && { signal }) });
  if (answer instanceof Response) throw await refusalError(answer);
  const protocol = answer.headers.get(versionHeader) ?? '';
  if (!protocols.includes(protocol)) {
    answer.stream.close();
    throw new SandglassError('internal', `The server chose the unknown protocol "${protocol}".`);
  }
  const connection = new SpdyConnection(answer.stream, { role: 'client' });
  return { connection, protocol };
}

import { describe, expect, it } from 'vitest';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import type { UpgradeHandler, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { acceptOf, answerWebSocket, isWebSocketRequest, openWebSocket } from './handshake.ts';

const url = new URL('http://node/exec/token');
/** RFC 6455, 1.2 */
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const supported = ['v4.channel.k8s.io', 'v5.channel.k8s.io', ''];

function request(changed: Record<string, string>, method = 'GET'): UpgradeRequest {
  const headers = new Headers({
    upgrade: 'websocket',
    connection: 'keep-alive, Upgrade',
    'sec-websocket-key': key,
    'sec-websocket-version': '13',
    ...changed,
  });
  return { method, url, headers };
}

describe('a WebSocket request', () => {
  it('is told by its headers, in any case', () => {
    expect(isWebSocketRequest(request({ upgrade: 'WebSocket' }))).toBe(true);
    expect(isWebSocketRequest(request({ upgrade: 'SPDY/3.1' }))).toBe(false);
    expect(isWebSocketRequest(request({ connection: 'keep-alive' }))).toBe(false);
  });

  it('is answered with the proof of the RFC and the first protocol that is known', () => {
    const offered = {
      'sec-websocket-protocol': 'v6.channel.k8s.io, v5.channel.k8s.io,v4.channel.k8s.io',
    };
    const answer = answerWebSocket(request(offered), supported);
    if (answer instanceof Response) throw new Error(`refused: ${answer.status}`);
    expect(answer.protocol).toBe('v5.channel.k8s.io');
    expect(Object.fromEntries(answer.headers)).toEqual({
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'sec-websocket-protocol': 'v5.channel.k8s.io',
    });
  });

  it('may name no protocol, and is then told of none', () => {
    const answer = answerWebSocket(request({}), supported);
    if (answer instanceof Response) throw new Error(`refused: ${answer.status}`);
    expect(answer.protocol).toBe('');
    expect(answer.headers.has('sec-websocket-protocol')).toBe(false);
  });

  it.each([
    ['of another method', {}, 'POST', 405, 'bad method\n'],
    ['without a key', { 'sec-websocket-key': '' }, 'GET', 400, 'mismatch challenge/response\n'],
    [
      'of another version',
      { 'sec-websocket-version': '8' },
      'GET',
      400,
      'missing or bad WebSocket Version\n',
    ],
    [
      'for unknown protocols',
      { 'sec-websocket-protocol': 'chat, mqtt' },
      'GET',
      403,
      'requested protocol(s) are not supported: [chat mqtt]; supports [v4.channel.k8s.io v5.channel.k8s.io ]\n',
    ],
  ])('%s is refused', async (_what, changed, method, status, text) => {
    const answer = answerWebSocket(request(changed, method), supported);
    expect(answer).toBeInstanceOf(Response);
    if (!(answer instanceof Response)) return;
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe(text);
  });
});

describe('a WebSocket client', () => {
  const protocols = ['v5.channel.k8s.io'];

  it.each([
    ['proves nothing', () => 'wrong', 'v5.channel.k8s.io'],
    ['chooses what was not offered', acceptOf, 'v4.channel.k8s.io'],
    ['chooses nothing', acceptOf, ''],
  ])('does not go on with a server that %s', async (_what, prove, protocol) => {
    const [stream, ours] = duplexPair();
    const upgrade: UpgradeHandler = ({ headers }) => {
      const asked = headers.get('sec-websocket-key') ?? '';
      const answer = new Headers({ 'sec-websocket-accept': prove(asked) });
      if (protocol !== '') answer.set('sec-websocket-protocol', protocol);
      return Promise.resolve({ headers: answer, stream });
    };
    await expect(openWebSocket(upgrade, { url, protocols })).rejects.toMatchObject({
      code: 'internal',
    });
    expect(await ours.incoming.read()).toBeUndefined();
  });

  it('throws the Status that it is refused with', async () => {
    const status = { kind: 'Status', status: 'Failure', message: 'pods "x" not found', code: 404 };
    const upgrade = () => Promise.resolve(Response.json(status, { status: 404 }));
    await expect(openWebSocket(upgrade, { url, protocols })).rejects.toMatchObject({
      code: 'not-found',
      message: 'pods "x" not found',
    });
  });
});

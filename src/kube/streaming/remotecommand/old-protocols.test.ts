import { describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { SpdyConnection } from '#kube/streaming/spdy/connection.ts';
import { cat, settle } from '#kube/streaming/testing.ts';
import type { UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { WebSocketConnection } from '#kube/streaming/websocket/connection.ts';
import type { RunCommand, WantedStreams } from './command.ts';
import { serveRemoteCommand } from './serve.ts';

const url = new URL('http://node/exec/token');
const everything = { stdin: true, stdout: true, stderr: true, tty: false };
const text = (value: string) => new TextEncoder().encode(value);

interface ServerOptions {
  wanted?: WantedStreams;
  run?: RunCommand;
  clock?: ManualClock;
}

function serve(request: UpgradeRequest, options: ServerOptions) {
  const { wanted = everything, run = cat, clock = new ManualClock() } = options;
  return serveRemoteCommand(request, { kind: 'exec', wanted, run, clock });
}

function webSocketRequest(protocols: string): UpgradeRequest {
  const headers = new Headers({
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  });
  if (protocols !== '') headers.set('sec-websocket-protocol', protocols);
  return { method: 'GET', url, headers };
}

function openWebSocket(protocols: string, options: ServerOptions = {}) {
  const answer = serve(webSocketRequest(protocols), options);
  if (answer instanceof Response) throw new Error(`refused: ${answer.status}`);
  return new WebSocketConnection(answer.stream, 'client');
}

/** All messages until the goodbye, as text. */
async function receiveAll(socket: WebSocketConnection): Promise<string[]> {
  const messages: string[] = [];
  for (let part = await socket.receive(); part; part = await socket.receive()) {
    messages.push(new TextDecoder().decode(part.bytes));
  }
  return messages;
}

const fails: RunCommand = () => Promise.reject(new SandglassError('not-found', 'no such file'));
const exits: RunCommand = () => Promise.resolve({ code: 3 });
const notFound = 'Internal error occurred: error executing command in container: no such file';
const exited = 'command terminated with non-zero exit code: exit status 3';

describe('over WebSocket', () => {
  it('v4 greets, tells the exit code as a Status, and says goodbye', async () => {
    const socket = openWebSocket('v4.channel.k8s.io', { run: exits });
    const [greeting, status, ...more] = await receiveAll(socket);
    expect(greeting).toBe('\x01');
    expect(status?.[0]).toBe('\x03');
    expect(JSON.parse(status?.slice(1) ?? '')).toEqual({
      metadata: {},
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: exited,
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    expect(more).toEqual([]);
    expect((await socket.closed).code).toBe(1000);
  });

  it('v4 tells success as a Status', async () => {
    const run = () => Promise.resolve({ code: 0 });
    const [, status] = await receiveAll(openWebSocket('v4.channel.k8s.io', { run }));
    expect(status).toBe('\x03{"metadata":{},"status":"Success"}');
  });

  it('v4 has its input ended by the goodbye, after all that came before', async () => {
    let input = '';
    const run: RunCommand = async ({ stdin }) => {
      await settle();
      input = stdin ? await readAllText(stdin) : '';
      return { code: 0 };
    };
    const socket = openWebSocket('v4.channel.k8s.io', { run });
    await socket.send('binary', [Uint8Array.of(0), text('all ')]);
    await socket.send('binary', [Uint8Array.of(0), text('of it')]);
    socket.close();
    await receiveAll(socket);
    await settle();
    await settle();
    expect(input).toBe('all of it');
  });

  it.each(['channel.k8s.io', ''])(
    'the first protocol ("%s") tells failures as text',
    async (name) => {
      expect(await receiveAll(openWebSocket(name, { run: fails }))).toEqual([
        '\x01',
        `\x03${notFound}`,
      ]);
      expect(await receiveAll(openWebSocket(name, { run: exits }))).toEqual([
        '\x01',
        `\x03${exited}`,
      ]);
      const run = () => Promise.resolve({ code: 0 });
      expect(await receiveAll(openWebSocket(name, { run }))).toEqual(['\x01']);
    },
  );

  it('base64 carries all as text', async () => {
    const socket = openWebSocket('v4.base64.channel.k8s.io');
    await socket.send('text', [text(`0${btoa('foo')}`)]);
    expect((await socket.receive())?.bytes).toEqual(text('1'));
    const answer = await socket.receive();
    expect(answer?.type).toBe('text');
    expect(answer?.bytes).toEqual(text(`1${btoa('foo')}`));
  });

  it.each([
    [{ stdin: true, stdout: true, stderr: true, tty: false }, '\x01'],
    [{ stdin: true, stdout: false, stderr: true, tty: false }, '\x02'],
    [{ stdin: true, stdout: false, stderr: false, tty: false }, '\x03'],
  ])('greets on the first channel that there is: %o', async (wanted, greeting) => {
    const [first] = await receiveAll(openWebSocket('v5.channel.k8s.io', { wanted, run: exits }));
    expect(first).toBe(greeting);
  });

  it('does not wait for ever for a client that never says goodbye', async () => {
    const clock = new ManualClock();
    const answer = serve(webSocketRequest('v5.channel.k8s.io'), { run: exits, clock });
    if (answer instanceof Response) throw new Error('refused');
    const { incoming, outgoing } = answer.stream;
    await settle();
    clock.advance(10_000);
    await settle();
    expect(await readAllText(incoming)).toContain('NonZeroExitCode');
    await expect(outgoing.write(text('x'))).rejects.toMatchObject({ code: 'failed-precondition' });
  });
});

function spdyRequest(changed: Record<string, string>): UpgradeRequest {
  const headers = new Headers({ connection: 'Upgrade', upgrade: 'SPDY/3.1', ...changed });
  return { method: 'POST', url, headers };
}

function openSpdy(version: string, options: ServerOptions = {}) {
  const answer = serve(spdyRequest({ 'x-stream-protocol-version': version }), options);
  if (answer instanceof Response) throw new Error(`refused: ${answer.status}`);
  const connection = new SpdyConnection(answer.stream, { role: 'client' });
  void connection.run();
  const create = (type: string) => connection.createStream(new Headers({ streamType: type }));
  return { connection, create, headers: answer.headers };
}

describe('over SPDY', () => {
  it('the first version of the client that is known is chosen', () => {
    const { headers } = openSpdy('v9.channel.k8s.io, v4.channel.k8s.io, v3.channel.k8s.io');
    expect(Object.fromEntries(headers)).toEqual({
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': 'v4.channel.k8s.io',
    });
  });

  it.each([
    ['v3.channel.k8s.io', fails, notFound],
    ['v2.channel.k8s.io', fails, notFound],
    ['channel.k8s.io', fails, notFound],
    ['v2.channel.k8s.io', exits, exited],
    ['v2.channel.k8s.io', () => Promise.resolve({ code: 0 }), ''],
  ] as const)('%s tells failures as text', async (version, run, expected) => {
    const { create } = openSpdy(version, { run });
    const error = await create('error');
    await Promise.all(['stdin', 'stdout', 'stderr'].map(create));
    expect(await readAllText(error.incoming)).toBe(expected);
  });

  it.each([
    ['v4.channel.k8s.io', true],
    ['v3.channel.k8s.io', true],
    ['v2.channel.k8s.io', false],
  ])('%s waits for the resize stream of a terminal: %s', async (version, waits) => {
    let isRunning = false;
    const run: RunCommand = () => {
      isRunning = true;
      return new Promise(() => undefined);
    };
    const wanted = { stdin: false, stdout: true, stderr: false, tty: true };
    const { create } = openSpdy(version, { run, wanted });
    await create('error');
    await create('stdout');
    await settle();
    expect(isRunning).toBe(!waits);
    if (waits) await create('resize');
    await settle();
    expect(isRunning).toBe(true);
  });

  it('refuses a stream that was not asked for, or comes twice', async () => {
    const { create } = openSpdy('v4.channel.k8s.io');
    await create('error');
    await expect(create('error')).rejects.toMatchObject({ code: 'aborted' });
    await expect(create('resize')).rejects.toMatchObject({ code: 'aborted' });
    await expect(create('nonsense')).rejects.toMatchObject({ code: 'aborted' });
  });

  it('waits 30 s for all streams, and no longer', async () => {
    const clock = new ManualClock();
    let isRunning = false;
    const run: RunCommand = () => {
      isRunning = true;
      return Promise.resolve({ code: 0 });
    };
    const { connection, create } = openSpdy('v4.channel.k8s.io', { clock, run });
    const error = await create('error');
    clock.advance(29_999);
    await settle();
    expect(error.torn.aborted).toBe(false);
    clock.advance(1);
    await connection.closed;
    expect(error.torn.aborted).toBe(true);
    expect(isRunning).toBe(false);
  });

  it.each([
    [
      'without a version',
      {},
      400,
      'unable to upgrade: header X-Stream-Protocol-Version does not exist in request\n',
    ],
    [
      'of unknown versions',
      { 'x-stream-protocol-version': 'v9.channel.k8s.io' },
      403,
      'unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], ' +
        'server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n',
    ],
    [
      'to something else',
      { 'x-stream-protocol-version': 'v4.channel.k8s.io', upgrade: 'h2c' },
      400,
      'unable to upgrade: missing upgrade headers in request\n',
    ],
  ])('refuses a request %s', async (_what, changed, status, expected) => {
    const answer = serve(spdyRequest(changed), {});
    if (!(answer instanceof Response)) throw new Error('upgraded');
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import { RemoteCommandClient, type Transport } from '#kube/streaming/remotecommand/client.ts';
import type { RunCommand } from '#kube/streaming/remotecommand/command.ts';
import { serveRemoteCommand } from '#kube/streaming/remotecommand/serve.ts';
import { recut, settle, sourceOf } from '#kube/streaming/testing.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { observeStreams } from './observe-streams.ts';

const url = new URL('http://127.0.0.1/exec/token');
const wanted = { stdin: true, stdout: true, stderr: true, tty: false };
const say = (text: string) => new TextEncoder().encode(text);
const pod = { namespace: 'default', name: 'web', uid: 'u1' };

/** Runs a command over a connection that is observed, cut into pieces of so many bytes, and gives what was told. */
async function toldOf(run: RunCommand, transport: Transport = 'websocket', piece = 1 << 20) {
  const clock = new ManualClock();
  const trace = new TraceBus(clock);
  const service = 'runtime.v1.RuntimeService';
  const call = trace.emit({ kind: 'cri-call', service, method: 'Exec', request: {} });
  const about = { pod, containerId: 'c1', parent: call.id };
  const response = { url: url.href };
  trace.emit({ ...about, kind: 'cri-return', service, method: 'Exec', response, milliseconds: 1 });
  const serve: UpgradeHandler = (request) => {
    const answer = serveRemoteCommand(request, { kind: 'exec', wanted, run, clock });
    if (answer instanceof Response) return Promise.resolve(answer);
    return Promise.resolve({ ...answer, stream: recut(answer.stream, () => piece) });
  };
  const client = new RemoteCommandClient(observeStreams(serve, trace), { transport });
  const sink = () => new ByteQueue({ capacity: 1 << 26 });
  const [stdout, stderr] = [sink(), sink()];
  await client.run({ url, stdin: sourceOf('ls\n'), stdout, stderr });
  await settle();
  return trace.history().filter((record) => record.kind === 'stream');
}

type Frame = Extract<TraceRecord, { event: 'frame' }>;
const framesOf = (records: readonly TraceRecord[]) =>
  records.filter((record): record is Frame => 'event' in record && record.event === 'frame');

const lists: RunCommand = async ({ stdin, stdout, stderr }) => {
  await stdin?.read();
  await stdout?.write(say('a\n'));
  await stderr?.write(say('b\n'));
  return { code: 3 };
};

describe('a connection to the streaming server', () => {
  it('is told of frame by frame, with the call that gave its address', async () => {
    const records = await toldOf(lists);
    const [open, ...others] = records;
    expect(open).toMatchObject({
      event: 'open',
      path: '/exec/token',
      protocol: 'websocket v5.channel.k8s.io',
      pod,
      containerId: 'c1',
    });
    expect(others.every(({ parent }) => parent === open?.id)).toBe(true);
    const frames = framesOf(records).map(({ from, channel, text }) => [from, channel, text]);
    expect(frames).toContainEqual(['client', 0, 'ls\n']);
    expect(frames).toContainEqual(['server', 1, 'a\n']);
    expect(frames).toContainEqual(['server', 2, 'b\n']);
    const status = framesOf(records).find(({ channel }) => channel === 3);
    expect(JSON.parse(status?.text ?? '')).toMatchObject({ status: 'Failure' });
  });

  it('ends with how much went over it', async () => {
    const records = await toldOf(lists);
    const frames = framesOf(records);
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    const ends = records.filter((record) => 'event' in record && record.event === 'close');
    expect(ends).toMatchObject([{ frames: frames.length, bytes, untold: 0 }]);
  });

  it.each([1, 3])('has the same frames in pieces of %i bytes', async (piece) => {
    const told = async (size: number) =>
      framesOf(await toldOf(lists, 'websocket', size))
        .filter(({ from }) => from === 'server')
        .map(({ name, channel, length, text }) => ({ name, channel, length, text }));
    expect(await told(piece)).toEqual(await told(1 << 20));
  });

  it('is told of for a hundred frames, then counted', async () => {
    const records = await toldOf(async ({ stdout }) => {
      for (let i = 0; i < 300; i++) await stdout?.write(say('x'));
      return { code: 0 };
    });
    expect(framesOf(records)).toHaveLength(100);
    const end = records.at(-1) as { frames: number; untold: number };
    expect(end.frames).toBeGreaterThan(300);
    expect(end.untold).toBe(end.frames - 100);
  });

  it('has what a long frame begins with', async () => {
    const records = await toldOf(async ({ stdout }) => {
      await stdout?.write(say('x'.repeat(5000)));
      return { code: 0 };
    });
    const long = framesOf(records).find(({ length }) => length === 5001);
    expect(long?.text).toBe('x'.repeat(255));
  });

  it('has the types of SPDY', async () => {
    const records = await toldOf(lists, 'spdy');
    expect(records[0]).toMatchObject({ protocol: 'SPDY/3.1 v4.channel.k8s.io' });
    const names = framesOf(records).map(({ from, name, text }) => `${from} ${name} ${text}`);
    expect(names.filter((name) => name.startsWith('client SYN_STREAM'))).toHaveLength(4);
    expect(names).toContain('server DATA a\n');
  });

  it('is told of when it is refused', async () => {
    const trace = new TraceBus(new ManualClock());
    const refuse = () => Promise.resolve(new Response('', { status: 404 }));
    await observeStreams(refuse, trace)({ method: 'GET', url, headers: new Headers() });
    expect(trace.history()).toMatchObject([{ event: 'refused', path: '/exec/token', status: 404 }]);
  });
});

import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { readAllBytes, readAllText } from '#base/byte-stream.ts';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import {
  cat,
  randomBytes,
  recut,
  randomNumbers,
  settle,
  sourceOf,
} from '#kube/streaming/testing.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { RemoteCommandClient, type Transport } from './client.ts';
import type { CommandKind, RunCommand, WantedStreams } from './command.ts';
import { serveRemoteCommand } from './serve.ts';

const url = new URL('http://node/exec/token');
const everything = { stdin: true, stdout: true, stderr: true, tty: false };
const terminal = { stdin: true, stdout: true, stderr: false, tty: true };

interface ServerOptions {
  wanted?: WantedStreams;
  kind?: CommandKind;
  clock?: ManualClock;
}

function serverOf(run: RunCommand, options: ServerOptions = {}): UpgradeHandler {
  const { wanted = everything, kind = 'exec', clock = new ManualClock() } = options;
  return (request) => Promise.resolve(serveRemoteCommand(request, { kind, wanted, run, clock }));
}

function buffer(): ByteQueue {
  return new ByteQueue({ capacity: 1 << 26 });
}

async function textOf(queue: ByteQueue): Promise<string> {
  queue.end();
  return await readAllText(queue);
}

const say = (text: string) => new TextEncoder().encode(text);

describe.each<Transport>(['websocket', 'spdy'])('a command over %s', (transport) => {
  const clientOf = (upgrade: UpgradeHandler) => new RemoteCommandClient(upgrade, { transport });

  it('has its output and errors come apart, and ends with its exit code', async () => {
    const upgrade = serverOf(async ({ stdout, stderr }) => {
      await stdout?.write(say('out'));
      await stderr?.write(say('err'));
      return { code: 42 };
    });
    const [stdout, stderr] = [buffer(), buffer()];
    const end = await clientOf(upgrade).run({ url, stdin: sourceOf(), stdout, stderr });
    expect(end).toEqual({ code: 42 });
    expect(await textOf(stdout)).toBe('out');
    expect(await textOf(stderr)).toBe('err');
  });

  it('is told of the end of its input and can still answer', async () => {
    const upgrade = serverOf(async ({ stdin, stdout }) => {
      const text = stdin ? await readAllText(stdin) : '';
      await stdout?.write(say(`${text.length} characters`));
      return { code: 0 };
    });
    const stdout = buffer();
    await clientOf(upgrade).run({ url, stdin: sourceOf('one', 'two'), stdout, stderr: buffer() });
    expect(await textOf(stdout)).toBe('6 characters');
  });

  it('moves 10 MiB each way byte by byte the same, however the connection cuts them', async () => {
    const bytes = randomBytes(10 << 20, 1);
    const next = randomNumbers(2);
    const cut = () => 1 + next(100_000);
    const serve = serverOf(cat);
    const upgrade: UpgradeHandler = async (request) => {
      const answer = await serve(request);
      return answer instanceof Response ? answer : { ...answer, stream: recut(answer.stream, cut) };
    };
    const stdout = buffer();
    const end = await clientOf(upgrade).run({
      url,
      stdin: sourceOf(bytes),
      stdout,
      stderr: buffer(),
    });
    stdout.end();
    expect(end).toEqual({ code: 0 });
    expect(Buffer.compare(await readAllBytes(stdout), bytes)).toBe(0);
  });

  it('stops a command that writes more than its client reads', async () => {
    let written = 0;
    const upgrade = serverOf(async ({ stdout }) => {
      for (; written < 200; written++) await stdout?.write(new Uint8Array(65_536));
      return { code: 0 };
    });
    const stdout = new ByteQueue({ capacity: 1000 });
    const run = clientOf(upgrade).run({ url, stdin: sourceOf(), stdout, stderr: buffer() });
    await settle();
    await settle();
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(40);
    const copied = readAllBytes(stdout);
    await run;
    stdout.end();
    expect((await copied).length).toBe(13_107_200);
  });

  it('hears of the sizes of its terminal', async () => {
    const seen: TerminalSize[] = [];
    const upgrade = serverOf(
      async ({ resizes }) => {
        for await (const size of resizes) {
          seen.push(size);
          if (seen.length === 2) break;
        }
        return { code: 0 };
      },
      { wanted: terminal },
    );
    async function* sizes() {
      yield { columns: 80, rows: 24 };
      await settle();
      yield { columns: 132, rows: 43 };
    }
    const stdin = buffer();
    await clientOf(upgrade).run({ url, stdin, stdout: buffer(), tty: true, resizes: sizes() });
    expect(seen).toEqual([
      { columns: 80, rows: 24 },
      { columns: 132, rows: 43 },
    ]);
  });

  it.each([
    ['exec', 'error executing command in container: no such file'],
    ['attach', 'error attaching to container: no such file'],
  ] as const)('that cannot be run says why: %s', async (kind, message) => {
    const run = () => Promise.reject(new SandglassError('not-found', 'no such file'));
    const failed = clientOf(serverOf(run, { kind })).run({
      url,
      stdin: sourceOf(),
      stdout: buffer(),
      stderr: buffer(),
    });
    await expect(failed).rejects.toMatchObject({
      message: `Internal error occurred: ${message}`,
      status: { code: 500, reason: 'InternalError' },
    });
  });

  it('that is refused says so in the words of the server', async () => {
    const upgrade = () => Promise.resolve(new Response('404 page not found\n', { status: 404 }));
    const failed = clientOf(upgrade).run({ url, stdout: buffer() });
    await expect(failed).rejects.toMatchObject({
      // Nothing that kubectl would call no connection.
      code: 'unknown',
      message: 'unable to upgrade connection: 404 page not found',
    });
  });

  it('has its input ended when its client goes away', async () => {
    const inputs: string[] = [];
    const upgrade = serverOf(
      async ({ stdin }) => {
        inputs.push(stdin ? await readAllText(stdin) : 'none');
        return { code: 0 };
      },
      { wanted: { ...everything, stdout: false, stderr: false } },
    );
    const stdin = buffer();
    const giveUp = new AbortController();
    const run = clientOf(upgrade).run({ url, stdin, signal: giveUp.signal });
    await stdin.write(say('half a'));
    await settle();
    giveUp.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await settle();
    expect(inputs).toEqual(['half a']);
  });

  it('has its signal fired when a client that was attached goes away', async () => {
    let left = false;
    const upgrade = serverOf(
      (_streams, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            left = true;
            reject(new Error('left'));
          });
        }),
      { kind: 'attach' },
    );
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const run = clientOf(upgrade).run({
      url,
      stdin: buffer(),
      stdout: buffer(),
      stderr: buffer(),
      signal,
    });
    await settle();
    expect(left).toBe(false);
    giveUp.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await settle();
    expect(left).toBe(true);
  });

  it('fails for its client when the connection breaks without a word', async () => {
    const serve = serverOf(() => new Promise(() => undefined));
    let cutOff = () => undefined as unknown;
    const upgrade: UpgradeHandler = async (request) => {
      const answer = await serve(request);
      if (answer instanceof Response) return answer;
      const { stream } = answer;
      const broken = new Promise<undefined>((resolve) => {
        cutOff = () => resolve(undefined);
      });
      const incoming = {
        read: () => Promise.race([stream.incoming.read(), broken]),
        cancel: () => stream.incoming.cancel(),
      };
      return { ...answer, stream: { ...stream, incoming } };
    };
    const run = clientOf(upgrade).run({ url, stdin: buffer(), stdout: buffer(), stderr: buffer() });
    await settle();
    cutOff();
    await expect(run).rejects.toMatchObject({ code: 'unavailable' });
  });
});

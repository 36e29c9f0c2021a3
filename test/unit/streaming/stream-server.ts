import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { startTestApi, type TestApi } from '#apiserver/testing/test-api.ts';
import { type ByteDuplex, type ByteSink, type ByteSource, pipeBytes } from '#base/byte-stream.ts';
import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import { HttpListener } from '#host/http-listener.ts';
import { resources } from '#kube/resources.ts';
import { servePortForward } from '#kube/streaming/portforward/serve.ts';
import type { CommandKind, CommandStreams } from '#kube/streaming/remotecommand/command.ts';
import { serveRemoteCommand } from '#kube/streaming/remotecommand/serve.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';

/** The real API server on a port of this machine, and a pod whose commands are this machine's. */
export class StreamServer {
  readonly url: string;
  /** Sizes that a command's terminal was given. */
  readonly sizes: TerminalSize[] = [];
  readonly #test: TestApi;
  readonly #listener: HttpListener;

  static async start(): Promise<StreamServer> {
    let upgrade: UpgradeHandler = () => Promise.reject(new Error('not yet'));
    const test = startTestApi({
      kubelet: () => ({
        fetch: () => Promise.resolve(new Response('', { status: 404 })),
        upgrade: (request) => upgrade(request),
      }),
    });
    const listener = new HttpListener(test.api);
    const server = new StreamServer(test, listener, await listener.listen(0));
    upgrade = server.#upgrade;
    await server.#createPod();
    return server;
  }

  private constructor(test: TestApi, listener: HttpListener, port: number) {
    this.#test = test;
    this.#listener = listener;
    this.url = `http://127.0.0.1:${port}`;
  }

  close(): void {
    this.#test.api.close();
    this.#listener.close();
  }

  async #createPod(): Promise<void> {
    const { client } = this.#test;
    await client.create(resources.nodes, { metadata: { name: 'node-1' } });
    const pod = await client.create(resources.pods, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'main', image: 'busybox:1.36', tty: true, stdin: true }],
      },
    });
    await client.updateStatus(resources.pods, { ...pod, status: { phase: 'Running' } });
  }

  /** As the kubelet's server. */
  readonly #upgrade: UpgradeHandler = (request) => {
    const [, endpoint = ''] = request.url.pathname.split('/');
    const query = request.url.searchParams;
    if (endpoint === 'portForward') {
      const ports = query.getAll('port').map(Number);
      const options = { pod: 'web', ports, connect: dial, clock: systemClock };
      return Promise.resolve(servePortForward(request, options));
    }
    const tty = query.get('tty') === '1';
    const wanted = {
      stdin: query.get('input') === '1',
      stdout: query.get('output') === '1',
      stderr: query.get('error') === '1' && !tty,
      tty,
    };
    const kind = endpoint as CommandKind;
    const words = kind === 'attach' ? ['cat'] : query.getAll('command');
    const run = async (streams: CommandStreams) => {
      void this.#follow(streams.resizes);
      return { code: await runHere(words, streams) };
    };
    return Promise.resolve(serveRemoteCommand(request, { kind, wanted, run, clock: systemClock }));
  };

  async #follow(resizes: AsyncIterable<TerminalSize>): Promise<void> {
    for await (const size of resizes) this.sizes.push(size);
  }
}

async function runHere(
  [program = '', ...args]: readonly string[],
  { stdin, stdout, stderr }: CommandStreams,
): Promise<number> {
  const child = spawn(program, args);
  const failed = once(child, 'error').then(([error]) => {
    throw new SandglassError('not-found', (error as Error).message);
  });
  const closed = once(child, 'close') as Promise<[number]>;
  // The command may end without having read all.
  child.stdin.on('error', () => undefined);
  if (stdin) void pipeBytes(stdin, sinkOf(child.stdin)).catch(() => undefined);
  else child.stdin.end();
  const outputs = [copy(child.stdout, stdout), copy(child.stderr, stderr)];
  const [[code]] = await Promise.race([Promise.all([closed, ...outputs]), failed]);
  return code;
}

async function copy(source: Readable, sink: ByteSink | undefined): Promise<void> {
  for await (const chunk of source) await sink?.write(chunk as Buffer);
}

async function dial(port: number): Promise<ByteDuplex> {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect').catch((error: unknown) => {
    throw new SandglassError('unavailable', (error as Error).message);
  });
  return {
    incoming: sourceOf(socket),
    outgoing: sinkOf(socket),
    close: () => socket.destroy(),
  };
}

function sourceOf(stream: Readable): ByteSource {
  const chunks = stream.iterator({ destroyOnReturn: false });
  return {
    async read() {
      const next = (await chunks.next()) as IteratorResult<Buffer, undefined>;
      return next.done ? undefined : next.value;
    },
    cancel: () => stream.destroy(),
  };
}

function sinkOf(stream: Writable): ByteSink {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    end: () => void stream.end(),
  };
}

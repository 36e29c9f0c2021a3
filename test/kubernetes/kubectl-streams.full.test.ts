import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '#kube/streaming/testing.ts';
import { debianKubectl } from '../debian-kubectl.ts';
import { StreamServer } from '../unit/streaming/stream-server.ts';

/**
 * Debian's speaks SPDY only, so that it meets what the official JavaScript client does not. A later one, which
 * speaks WebSocket, can be named by SANDGLASS_KUBECTL.
 */
let program: string;
let server: StreamServer;
let folder: string;

beforeAll(async () => {
  program = process.env['SANDGLASS_KUBECTL'] ?? (await debianKubectl());
  server = await StreamServer.start();
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-kubectl-'));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const environment = () => ({ PATH: process.env['PATH'], HOME: folder, KUBECONFIG: '/dev/null' });

interface Ran {
  code: number;
  stdout: Buffer;
  stderr: string;
}

function kubectl(args: readonly string[], input?: Uint8Array): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 64 << 20, env: environment() } as const;
    const child = execFile(
      program,
      ['--server', server.url, ...args],
      options,
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr: stderr.toString() });
      },
    );
    child.stdin?.end(input);
  });
}

describe('kubectl exec', () => {
  it('has output, errors and exit code', async () => {
    const ran = await kubectl(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(ran.stdout.toString()).toBe('out\n');
    expect(ran.stderr).toBe('err\ncommand terminated with exit code 3\n');
    expect(ran.code).toBe(3);
  });

  it('sends 10 MiB, ends its input, and gets them back', async () => {
    const bytes = randomBytes(10 << 20, 1);
    const { code, stdout, stderr } = await kubectl(['exec', '-i', 'web', '--', 'cat'], bytes);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Buffer.compare(stdout, bytes)).toBe(0);
  });

  it('loses nothing of what a command says at its end, time after time', async () => {
    for (let i = 0; i < 10; i++) {
      const { stdout } = await kubectl(['exec', 'web', '--', 'seq', '20000']);
      expect(stdout.length).toBe(108_894);
    }
  });

  it('says why a command cannot be run', async () => {
    const { code, stderr } = await kubectl(['exec', 'web', '--', '/no/such/program']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: Internal error occurred: error executing command in container: spawn /no/such/program ENOENT\n',
    );
  });

  it('ends while its input is still open', async () => {
    const args = ['--server', server.url, 'exec', '-i', 'web', '--', 'echo', 'done'];
    const child = spawn(program, args, { env: environment() });
    expect((await buffer(child.stdout)).toString()).toBe('done\n');
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});

it('kubectl attach writes and reads', async () => {
  const child = spawn(program, ['--server', server.url, 'attach', '-i', 'web'], {
    env: environment(),
  });
  const said = buffer(child.stdout);
  child.stdin.end('hello\n');
  expect((await said).toString()).toBe('hello\n');
  expect(await once(child, 'close')).toEqual([0, null]);
});

it('kubectl cp copies there and back', async () => {
  const bytes = randomBytes(3_000_001, 2);
  const names = ['here', 'pod', 'back'].map((name) => path.join(folder, name));
  const [here = '', pod = '', back = ''] = names;
  await writeFile(here, bytes);
  expect(await kubectl(['cp', here, `web:${pod}`])).toMatchObject({ code: 0, stderr: '' });
  expect(Buffer.compare(await readFile(pod), bytes)).toBe(0);
  expect(await kubectl(['cp', `web:${pod}`, back])).toMatchObject({ code: 0 });
  expect(Buffer.compare(await readFile(back), bytes)).toBe(0);
});

describe('kubectl port-forward', () => {
  let pod: Server;
  beforeAll(async () => {
    // Answers when all has been said, so that half-closing is seen.
    pod = createServer({ allowHalfOpen: true }, (socket) => {
      const received: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.on('end', () => socket.end(Buffer.concat(received)));
    });
    await once(pod.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => void pod.close());

  async function forward(port: number) {
    const args = ['--server', server.url, 'port-forward', 'pod/web', `:${port}`];
    const child = spawn(program, args, { env: environment() });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const local = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1]);
    return { child, local };
  }

  it('forwards several connections at once', async () => {
    const { child, local } = await forward((pod.address() as AddressInfo).port);
    const sent = [1, 2, 3].map((seed) => randomBytes(1 << 20, seed));
    const received = await Promise.all(
      sent.map((bytes) => {
        const socket = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
        socket.end(bytes);
        return buffer(socket);
      }),
    );
    expect(received.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
    for (const [index, bytes] of sent.entries()) {
      expect(Buffer.compare(received[index] ?? Buffer.alloc(0), bytes)).toBe(0);
    }
    child.kill();
    await once(child, 'close');
  });

  it('says why nothing answers', async () => {
    const closed = createServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { child, local } = await forward(port);
    const complaint = once(child.stderr, 'data') as Promise<[Buffer]>;
    connect(local, '127.0.0.1').on('error', () => undefined);
    expect((await complaint)[0].toString()).toContain(
      `error forwarding port ${port} to pod web, uid : connect ECONNREFUSED`,
    );
    child.kill();
    await once(child, 'close');
  });
});

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { Attach, Cp, Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomBytes } from '#kube/streaming/testing.ts';
import { StreamServer } from './stream-server.ts';

let server: StreamServer;
let config: KubeConfig;

beforeAll(async () => {
  server = await StreamServer.start();
  config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: server.url, skipTLSVerify: true },
    { name: 'test' },
  );
});
afterAll(() => server.close());

/** What the client returns; its own types need a package that it does not bring. */
interface ClientSocket {
  close: () => void;
  onclose: (() => void) | null;
}

interface Ran {
  stdout: Buffer;
  stderr: string;
  status: V1Status;
}

async function exec(command: string[], stdin: Readable | null = null): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const outputs = Promise.all([buffer(stdout), text(stderr)]);
  const ended = new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec('default', 'web', 'main', command, stdout, stderr, stdin, false, resolve)
      .catch(reject);
  });
  const status = await ended;
  const [out, errors] = await outputs;
  return { stdout: out, stderr: errors, status };
}

describe('exec of the official JavaScript client', () => {
  it('has output, errors and exit code', async () => {
    const ran = await exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(ran.stdout.toString()).toBe('out\n');
    expect(ran.stderr).toBe('err\n');
    expect(ran.status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('sends 10 MiB, ends its input, and gets them back', async () => {
    const bytes = randomBytes(10 << 20, 1);
    const { stdout, status } = await exec(['cat'], Readable.from([bytes], { objectMode: false }));
    expect(status.status).toBe('Success');
    expect(Buffer.compare(stdout, bytes)).toBe(0);
  });

  it('hears why a command cannot be run', async () => {
    const { status } = await exec(['/no/such/program']);
    expect(status).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(status.message).toBe(
      'Internal error occurred: error executing command in container: spawn /no/such/program ENOENT',
    );
  });

  it('gives its terminal’s size', async () => {
    const stdin = new PassThrough();
    const stdout = Object.assign(new PassThrough(), { columns: 132, rows: 43 });
    const ended = new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec('default', 'web', 'main', ['cat'], stdout, null, stdin, true, resolve)
        .catch(reject);
    });
    await vi.waitFor(() => expect(server.sizes).toEqual([{ columns: 132, rows: 43 }]));
    stdin.end();
    expect((await ended).status).toBe('Success');
  });

  it('is refused for a container that there is none of', async () => {
    const refused = new Exec(config).exec('default', 'web', 'other', 'ls', null, null, null, false);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('Unexpected server response: 400') as string,
    });
  });
});

it('attaches, writes and reads', async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const socket = (await new Attach(config).attach(
    'default',
    'web',
    'main',
    stdout,
    null,
    stdin,
    false,
  )) as unknown as ClientSocket;
  stdin.write('hello\n');
  expect(String((await once(stdout, 'data'))[0])).toBe('hello\n');
  socket.close();
  await new Promise((resolve) => (socket.onclose = () => resolve(undefined)));
});

describe('with a port of the pod', () => {
  let pod: Server;
  let port: number;

  beforeAll(async () => {
    pod = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(pod, 'listening');
    ({ port } = pod.address() as AddressInfo);
  });
  afterAll(() => void pod.close());

  it('forwards bytes both ways', async () => {
    const bytes = randomBytes(1 << 20, 2);
    const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const forward = new PortForward(config);
    const opened: unknown = await forward.portForward(
      'default',
      'web',
      [port],
      output,
      errors,
      input,
    );
    const socket = opened as ClientSocket;
    input.write(bytes);
    const received: Buffer[] = [];
    for await (const chunk of output) {
      received.push(chunk as Buffer);
      if (Buffer.concat(received).length >= bytes.length) break;
    }
    expect(Buffer.compare(Buffer.concat(received), bytes)).toBe(0);
    socket.close();
  });

  it('tells why nothing answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port: free } = closed.address() as AddressInfo;
    closed.close();
    const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
    await new PortForward(config).portForward('default', 'web', [free], output, errors, input);
    const said: Buffer[] = [];
    for await (const chunk of errors) {
      said.push(chunk as Buffer);
      if (Buffer.concat(said).includes('ECONNREFUSED')) break;
    }
    expect(Buffer.concat(said).toString()).toContain(
      `error forwarding port ${free} to pod web, uid : connect ECONNREFUSED`,
    );
  });
});

describe('cp', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sandglass-cp-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('copies there and back', async () => {
    const names = await Promise.all(
      ['here', 'pod', 'back'].map((name) => mkdtemp(path.join(folder, `${name}-`))),
    );
    const [here = '', pod = '', back = ''] = names;
    const bytes = randomBytes(3_000_001, 3);
    await writeFile(path.join(here, 'file'), bytes);
    const same = (file: string) => async () => {
      expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
    };
    await new Cp(config).cpToPod('default', 'web', 'main', here, pod);
    await vi.waitFor(same(path.join(pod, 'file')), { timeout: 10_000 });
    await new Cp(config).cpFromPod('default', 'web', 'main', 'file', back, pod);
    await vi.waitFor(same(path.join(back, 'file')), { timeout: 10_000 });
  });
});

/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- plain objects are what the client's users write */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { createGrpcTransport } from '@connectrpc/connect-node';
import * as k8s from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import { randomBytes } from '#kube/streaming/testing.ts';
import type { ReadyReport } from '#host/ready-file.ts';
import { Headless } from './headless.ts';
import { writeImageArchive } from './image-archive.ts';

let folder: string;
let archive: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-kube-'));
  archive = path.join(folder, 'busybox.tar');
  const name = 'example.com/loaded:1';
  writeImageArchive(archive, { repository: 'docker.io/library/busybox', tag: '1.36', name });
});
afterAll(() => rm(folder, { recursive: true }));

function grpc(socketPath: string): CriClients {
  const createConnection = () => connect(socketPath);
  return criClients(
    createGrpcTransport({ baseUrl: 'http://localhost', nodeOptions: { createConnection } }),
  );
}

/** What a stream gives, up to and with this text. */
async function readUntil(stream: Readable, end: string): Promise<string> {
  let all = '';
  for await (const chunk of stream) {
    all += String(chunk);
    if (all.includes(end)) break;
  }
  return all;
}

describe('a headless node', () => {
  const namespace = 'default';
  let headless: Headless;
  let criSocket: string;
  let readyFile: string;
  let report: ReadyReport;
  let config: k8s.KubeConfig;
  let core: k8s.CoreV1Api;

  beforeAll(async () => {
    criSocket = path.join(folder, 'cri.sock');
    readyFile = path.join(folder, 'ready.json');
    headless = new Headless([
      ...['--kube-port', '0', '--cri-socket', criSocket, '--ready-file', readyFile],
      ...['--load-image', archive],
    ]);
    report = await headless.ready(readyFile);
    config = new k8s.KubeConfig();
    const { kube = '' } = report;
    config.loadFromClusterAndUser(
      { name: 'headless', server: kube, skipTLSVerify: true },
      {
        name: 'reader',
      },
    );
    core = config.makeApiClient(k8s.CoreV1Api);
  });
  afterAll(() => headless.stop('SIGKILL'));

  const exec = async (command: string[], stdin: Uint8Array | null = null) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const input = stdin && new PassThrough();
    input?.write(stdin);
    const output = Promise.all([buffer(out), text(err)]);
    const status = await new Promise<k8s.V1Status>((resolve, reject) => {
      const client = new k8s.Exec(config);
      client.exec(namespace, 'web', 'main', command, out, err, input, false, resolve).catch(reject);
    });
    out.end();
    err.end();
    const [stdout, stderr] = await output;
    return { status, stdout, stderr };
  };

  it('is Ready when its file says so, and listens on loopback only', async () => {
    const { kube, streaming, pid } = report;
    for (const url of [kube, streaming]) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(report).toEqual({
      kube,
      cri: `unix://${criSocket}`,
      streaming,
      guest: {
        kube: 'http://127.0.0.1:8080',
        cri: 'unix:///run/sandglass/cri.sock',
        streaming,
      },
      node: 'node-1',
      pid,
    });
    const { items } = await core.listNode();
    const conditions = items.map(({ metadata, status }) => [
      metadata?.name,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ]);
    expect(conditions).toEqual([['node-1', 'True']]);
  });

  it('runs a pod of a loaded image, and tells its watcher of each step', async () => {
    const phases: (string | undefined)[] = [];
    const running = new Promise<void>((resolve, reject) => {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const onEvent = (_type: string, pod: k8s.V1Pod) => {
        const phase = pod.status?.phase;
        if (phases.at(-1) !== phase) phases.push(phase);
        if (phase === 'Running') resolve();
      };
      new k8s.Watch(config).watch(path, {}, onEvent, reject).catch(reject);
    });
    const command =
      'echo hello from $HOSTNAME; mkdir /www; echo served > /www/index.html; exec httpd -f -p 80 -h /www';
    await core.createNamespacedPod({
      namespace,
      body: {
        metadata: { name: 'web' },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'main',
              image: 'example.com/loaded:1',
              imagePullPolicy: 'Never',
              command: ['sh', '-c', command],
              readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
            },
          ],
        },
      },
    });
    await running;
    expect(phases).toEqual(['Pending', 'Running']);
    const log = await core.readNamespacedPodLog({ name: 'web', namespace });
    expect(log).toBe('hello from web\n');
  });

  it('executes commands in it, with streams of their own and an exit code', async () => {
    const failed = await exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect([failed.stdout.toString(), failed.stderr]).toEqual(['out\n', 'err\n']);
    expect(failed.status.details?.causes).toEqual([{ reason: 'ExitCode', message: '3' }]);
    const bytes = randomBytes(1 << 20, 1);
    const { status, stdout } = await exec(['head', '-c', String(bytes.length)], bytes);
    expect(status.status).toBe('Success');
    expect(Buffer.compare(stdout, bytes)).toBe(0);
  });

  it('forwards a port to it', async () => {
    const forward = new k8s.PortForward(config);
    const server = createServer((socket) => {
      forward.portForward(namespace, 'web', [80], socket, null, socket).catch((error: unknown) => {
        socket.destroy(error as Error);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    // The client leaves the local connection open when the pod has ended the forwarded one.
    expect(await readUntil(socket, 'served\n')).toMatch(/^HTTP\/1\.\d 200 OK\r\n/);
    socket.destroy();
    server.close();
  });

  it('patches it', async () => {
    const body = { metadata: { labels: { seen: 'yes' } } };
    const header = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);
    await core.patchNamespacedPod({ name: 'web', namespace, body }, header);
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'seen=yes' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['web']);
  });

  it('answers the CRI at its socket, by the same names', async () => {
    const { runtime, image } = grpc(criSocket);
    expect((await runtime.version({})).runtimeApiVersion).toBe('v1');
    const { images } = await image.listImages({});
    expect(images.flatMap(({ repoTags }) => repoTags)).toContain('example.com/loaded:1');
    const { containers } = await runtime.listContainers({});
    expect(containers.map(({ metadata }) => metadata?.name)).toEqual(['main']);
    await expect(runtime.containerStatus({ containerId: 'none' })).rejects.toMatchObject({
      code: 5,
    });
  });

  it('runs a sandbox for a client of the CRI, and streams where Exec says', async () => {
    const { runtime } = grpc(criSocket);
    const metadata = { name: 'mine', namespace: 'cri', uid: 'mine', attempt: 0 };
    const sandboxConfig = { metadata, logDirectory: '/var/log', linux: {} };
    const { podSandboxId } = await runtime.runPodSandbox({ config: sandboxConfig });
    const { containerId } = await runtime.createContainer({
      podSandboxId,
      sandboxConfig,
      config: {
        metadata: { name: 'c', attempt: 0 },
        image: { image: 'example.com/loaded:1' },
        command: ['sleep', '1000'],
        logPath: 'mine.log',
        linux: {},
      },
    });
    await runtime.startContainer({ containerId });
    const { url } = await runtime.exec({ containerId, cmd: ['true'], stdout: true });
    expect(url.startsWith(`${report.streaming ?? ''}/exec/`)).toBe(true);
    const upgrading = request(url, {
      method: 'POST',
      headers: {
        connection: 'Upgrade',
        upgrade: 'SPDY/3.1',
        'x-stream-protocol-version': 'v4.channel.k8s.io',
      },
    });
    upgrading.end();
    const [response, socket] = (await once(upgrading, 'upgrade')) as [IncomingMessage, Writable];
    expect(response.headers).toMatchObject({
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': 'v4.channel.k8s.io',
    });
    socket.destroy();
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
    const { items } = await runtime.listPodSandbox({});
    expect(items.map((item) => item.metadata?.name)).toEqual(['web']);
  });

  it('deletes the pod, and its container with it', async () => {
    const gone = new Promise<void>((resolve, reject) => {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const onEvent = (type: string) => {
        if (type === 'DELETED') resolve();
      };
      new k8s.Watch(config).watch(path, {}, onEvent, reject).catch(reject);
    });
    await core.deleteNamespacedPod({ name: 'web', namespace });
    await gone;
    const { containers } = await grpc(criSocket).runtime.listContainers({});
    expect(containers.filter(({ state }) => state === 1)).toEqual([]);
  });

  it('refuses to serve where another program listens', async () => {
    const { port } = new URL(report.kube ?? '');
    const second = await new Headless(['--kube-port', port]).ended();
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(`Port ${port} is taken`);
    const third = await new Headless(['--cri-socket', criSocket]).ended();
    expect(third).toMatchObject({ code: 1, stdout: '' });
    expect(third.stderr).toContain(`${criSocket} is taken`);
    expect(existsSync(criSocket)).toBe(true);
  });

  it('ends cleanly when it is asked to', async () => {
    const { code, stderr } = await headless.stop('SIGTERM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([criSocket, readyFile].filter(existsSync)).toEqual([]);
  });
});

describe('a headless node without a kubelet', () => {
  it('leaves the CRI to its clients, on the node too, and ends with its command', async () => {
    const command = `
      set -e
      wget -qO- http://127.0.0.1:8080/version | grep -o '"gitVersion": "v1[^"]*'
      wget -qO- http://127.0.0.1:8080/api/v1/nodes | grep -c node-1 || true
      stat -c %F /run/sandglass/cri.sock
      exit 7`;
    const { code, stdout, stderr } = await new Headless([
      ...['--kube-port', '0', '--cri-socket', path.join(folder, 'alone.sock'), '--no-kubelet'],
      ...['--run', command],
    ]).ended();
    const lines = stdout.trim().split('\n');
    expect(lines).toEqual([expect.stringMatching(/^"gitVersion": "v1\.36/), '0', 'socket']);
    expect(code).toBe(7);
    expect(stderr).toContain('CRI: unix://');
  });
});

describe('--load-image', () => {
  it('says which archive is none, and why', async () => {
    const bad = path.join(folder, 'bad.tar');
    await writeFile(bad, randomBytes(100_000, 2));
    const outcome = await new Headless(['--load-image', bad, '--run', 'true']).ended();
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`sandglass: --load-image: ${bad} cannot be loaded: `);
    const absent = await new Headless(['--load-image', '/no/such.tar', '--run', 'true']).ended();
    expect(absent).toMatchObject({
      code: 1,
      stderr: 'sandglass: --load-image: /no/such.tar cannot be read.\n',
    });
  });
});

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '#kube/streaming/testing.ts';
import { debianKubectl } from '../debian-kubectl.ts';
import { Headless } from './headless.ts';

let folder: string;
let program: string;
let server: string;
let headless: Headless;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-kubectl-'));
  program = await debianKubectl();
  const readyFile = path.join(folder, 'ready.json');
  headless = new Headless(['--kube-port', '0', '--ready-file', readyFile]);
  server = (await headless.ready(readyFile)).kube ?? '';
});
afterAll(async () => {
  await headless.stop();
  await rm(folder, { recursive: true });
});

const environment = () => ({ PATH: process.env['PATH'], HOME: folder, KUBECONFIG: '/dev/null' });
const withServer = (args: readonly string[]) => ['--server', server, ...args];

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs it to its end; what is given goes to its standard input. */
function kubectl(args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: environment(), maxBuffer: 64 << 20 };
    const child = execFile(program, withServer(args), options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

const pod = (label: string) => `
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: ${label}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: busybox:1.36
    command: [sh, -c, 'echo started; mkdir /www; echo served > /www/index.html; exec httpd -f -p 80 -h /www']
    readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}
`;

describe("Debian's kubectl", () => {
  it('applies a pod, and applies it again as it was and as it becomes', async () => {
    expect(await kubectl(['apply', '-f', '-'], pod('a'))).toMatchObject({
      stdout: 'pod/web created\n',
    });
    expect(await kubectl(['apply', '-f', '-'], pod('a'))).toMatchObject({
      stdout: 'pod/web unchanged\n',
    });
    expect(await kubectl(['apply', '-f', '-'], pod('b'))).toMatchObject({
      stdout: 'pod/web configured\n',
    });
    const waited = await kubectl(['wait', '--for=condition=Ready', 'pod/web', '--timeout=100s']);
    expect(waited.stdout).toBe('pod/web condition met\n');
  });

  it('gets what there is', async () => {
    const { stdout } = await kubectl(['get', 'pods', '-l', 'app=b']);
    expect(stdout).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nweb +1\/1 +Running +0 +\d+s\n$/);
    const address = await kubectl(['get', 'pod', 'web', '-o', 'jsonpath={.status.podIP}']);
    expect(address.stdout).toMatch(/^10\.244\.0\.\d+$/);
    const absent = await kubectl(['get', 'pod', 'none']);
    expect(absent).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error from server (NotFound): pods "none" not found\n',
    });
  });

  it('reads logs', async () => {
    expect((await kubectl(['logs', 'web'])).stdout).toBe('started\n');
  });

  it('executes commands, with streams and exit code', async () => {
    const script = 'cat; echo err >&2; exit 3';
    const outcome = await kubectl(['exec', '-i', 'web', '--', 'sh', '-c', script], 'typed');
    expect(outcome.code).toBe(3);
    expect(outcome.stdout).toBe('typed');
    expect(outcome.stderr).toContain('err\n');
  });

  it('copies files there and back', async () => {
    const [file, copy] = [path.join(folder, 'file'), path.join(folder, 'copy')];
    const bytes = randomBytes(10 << 20, 1);
    await writeFile(file, bytes);
    expect(await kubectl(['cp', file, 'default/web:/tmp/file'])).toMatchObject({ code: 0 });
    expect(await kubectl(['cp', 'default/web:/tmp/file', copy])).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(copy), bytes)).toBe(0);
  });

  it('forwards a port', async () => {
    const forward = spawn(program, withServer(['port-forward', 'pod/web', ':80']), {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    // Read on to its end: it tells of each connection, and would be ended by a pipe that nobody reads.
    const listening = new Promise<void>((resolve) => {
      forward.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('\n')) resolve();
      });
    });
    await listening;
    const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) -> 80$/m.exec(said) ?? [];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`http://127.0.0.1:${port ?? ''}/`);
      expect(await response.text()).toBe('served\n');
    }
    forward.kill();
  });

  it('explains fields', async () => {
    const { stdout } = await kubectl(['explain', 'pod.spec.containers.image']);
    expect(stdout).toMatch(/^KIND: +Pod\nVERSION: +v1\n\nFIELD: +image <string>\n/);
  });

  it('deletes the pod', async () => {
    expect((await kubectl(['delete', 'pod', 'web'])).stdout).toBe('pod "web" deleted\n');
    expect((await kubectl(['get', 'pods'])).stderr).toBe(
      'No resources found in default namespace.\n',
    );
  });
});

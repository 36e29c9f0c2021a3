import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import { busybox } from '../cri/cri.ts';

const utf8 = new TextEncoder();

/** Its time for a call in place of the node's 10 s, for a machine that is starved. */
const crictlCommand = ['crictl', '--timeout', '5m'];

/** Once a second a line on each output, of the same number. */
const counting = 'i=0; while :; do echo line $i; echo oops $i >&2; i=$((i+1)); sleep 1; done';
const sandboxConfig = {
  metadata: { name: 'p', namespace: 'default', uid: 'u', attempt: 0 },
  log_directory: '/var/log/pods',
  labels: { app: 'x' },
  linux: {},
};
const containerConfigs = {
  counter: { command: ['sh', '-c', counting] },
  web: { command: ['httpd', '-f', '-p', '8080', '-h', '/etc'] },
};

let node: LinuxNode;
let cluster: NodeCluster;
let pod: string;
let counter: string;
const errors: unknown[] = [];

beforeAll(async () => {
  node = nodeInProcess();
  cluster = new NodeCluster(node, {
    registry: new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory()))),
    nodeName: 'node-1',
    kubelet: false,
    onError: (error) => void errors.push(error),
  });
  await node.start('snapshot');
  await cluster.kubernetesToCome();
  const { files } = node.running.agent;
  await files.makeDirectory(sandboxConfig.log_directory, { parents: true });
  await files.write('/root/pod.json', JSON.stringify(sandboxConfig));
  for (const [name, config] of Object.entries(containerConfigs)) {
    const whole = {
      metadata: { name },
      image: { image: busybox },
      log_path: `${name}.log`,
      linux: {},
    };
    await files.write(`/root/${name}.json`, JSON.stringify({ ...whole, ...config }));
  }
  expect(await crictl(`pull ${busybox}`)).toMatchObject({ code: 0 });
  pod = await idOf('runp pod.json');
  counter = await idOf(`create ${pod} counter.json pod.json`);
});
afterAll(() => {
  node.stop();
  expect(errors).toEqual([]);
});

interface Outcome {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

function crictl(words: string, input?: string): Promise<Outcome> {
  return shell(`${crictlCommand.join(' ')} ${words}`, input);
}

/** What a command that makes something prints. */
async function idOf(words: string): Promise<string> {
  const { stdout, stderr } = await crictl(words);
  expect(stdout, stderr).toMatch(/^[0-9a-f]{64}\n$/);
  return stdout.trim();
}

async function shell(command: string, input?: string): Promise<Outcome> {
  const argv = ['/bin/bash', '-c', command];
  const options = input === undefined ? {} : { input };
  const { exit, stdout, stderr } = await node.running.agent.run({ argv, cwd: '/root' }, options);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: exit.code, stdout: text(stdout), stderr: text(stderr) };
}

/** Reads until `wanted` has come. */
async function readUntil(
  source: { read(): Promise<Uint8Array | undefined> },
  wanted: RegExp,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for (let chunk = await source.read(); chunk; chunk = await source.read()) {
    text += decoder.decode(chunk, { stream: true });
    if (wanted.test(text)) return text;
  }
  throw new Error(`It ended without ${String(wanted)}: ${text}`);
}

describe('crictl on the node', () => {
  it('starts what it has created, and lists it', async () => {
    expect((await crictl('ps -aq --state created')).stdout).toBe(`${counter}\n`);
    expect(await crictl(`start ${counter}`)).toEqual({
      code: 0,
      stdout: `${counter}\n`,
      stderr: '',
    });
    expect((await crictl('ps')).stdout).toMatch(
      new RegExp(
        `^${counter.slice(0, 13)} +${busybox} .* Running +counter +0 +${pod.slice(0, 13)}`,
        'm',
      ),
    );
    expect((await crictl('pods')).stdout).toMatch(/ Ready +p +default +0 +\(default\)$/m);
    expect((await crictl('images')).stdout).toMatch(/busybox +1\.29-2 +[0-9a-f]{13} /);
  });

  it('runs commands in it, with their input, outputs and exit codes', async () => {
    const failing = `sh -c 'cat; echo oops >&2; exit 5'`;
    const streamed = await crictl(`exec -i ${counter} ${failing}`, 'typed\n');
    expect(streamed).toMatchObject({ code: 1, stdout: 'typed\n' });
    expect(streamed.stderr).toMatch(
      /^oops\n.*level=fatal .*command terminated with exit code 5"\n$/s,
    );
    const synchronous = await crictl(`exec -s ${counter} ${failing}`);
    expect(synchronous).toMatchObject({ code: 1, stdout: '' });
    expect(synchronous.stderr).toContain('exited with 5: oops\\n');
    const late = await crictl(`exec -s --timeout 1 ${counter} sleep 100`);
    expect(late.stderr).toContain('\\"sleep 100\\" timed out after 1s');
  });

  it('leaves a trace by pod, container and process', async () => {
    const { trace } = await cluster.kubernetesToCome();
    const { name, namespace, uid } = sandboxConfig.metadata;
    const ofPod = { pod: { name, namespace, uid }, sandboxId: pod };
    const ofCounter = { ...ofPod, containerId: counter };
    const returned = (method: string) =>
      trace
        .history()
        .findLast((record) => record.kind === 'cri-return' && record.method === method);
    const executed = (program: string, pid?: number) =>
      trace
        .history()
        .find(
          (record) =>
            record.kind === 'process' &&
            record.event === 'exec' &&
            record.name === program &&
            (pid === undefined || record.pid === pid),
        );
    expect(await crictl(`exec -s ${counter} touch /tmp/x`)).toMatchObject({ code: 0 });

    const calls = {
      RunPodSandbox: ['pause', ofPod],
      StartContainer: ['sh', ofCounter],
      ExecSync: ['touch', ofCounter],
    } as const;
    for (const [method, [program, links]] of Object.entries(calls)) {
      const call = returned(method);
      expect(call).toMatchObject(links);
      expect(executed(program, call?.pid), `${method} made ${call?.pid}`).toMatchObject(links);
    }
    // What the container and the plugins start themselves belongs to it, too.
    expect(executed('sleep')).toMatchObject(ofCounter);
    expect(executed('host-local')).toMatchObject(ofPod);
    const bridge = trace.history().find((record) => record.kind === 'cni');
    expect(executed('bridge', bridge?.pid)).toMatchObject(ofPod);
  });

  it('gives a command the terminal that it has itself, and its size', async () => {
    const asking = 'stty size; read answer; echo "it is $answer"; exit 4';
    const terminal = await node.running.agent.spawn({
      argv: [...crictlCommand, 'exec', '-it', counter, 'sh', '-c', asking],
      terminal: { columns: 101, rows: 33 },
    });
    await readUntil(terminal.stdout, /33 101\r\n/);
    await terminal.stdin?.write(utf8.encode('42\n'));
    await readUntil(terminal.stdout, /it is 42\r\n/);
    void readAllText(terminal.stdout);
    expect(await terminal.exited).toEqual({ code: 1 });
  });

  it('follows the logs until it is interrupted', async () => {
    const following = await node.running.agent.spawn({
      argv: [...crictlCommand, 'logs', '-f', counter],
    });
    await Promise.all([
      readUntil(following.stdout, /^line 0\nline 1\n(line \d+\n)*line 3\n/),
      following.stderr && readUntil(following.stderr, /^oops 0\noops 1\n/),
    ]);
    following.signal('SIGINT');
    await following.exited;
    expect((await crictl(`logs --tail 2 ${counter}`)).stdout).toMatch(/^line \d+\n$/);
  });

  it('tells what the container and its pod are and use', async () => {
    const { status } = JSON.parse((await crictl(`inspect ${counter}`)).stdout) as {
      status: { id: string; state: string };
    };
    expect(status).toMatchObject({ id: counter, state: 'CONTAINER_RUNNING' });
    const sandbox = JSON.parse((await crictl(`inspectp ${pod}`)).stdout) as {
      status: { network: { ip: string } };
    };
    expect(sandbox.status.network.ip).toMatch(/^10\./);
    expect((await crictl('stats')).stdout).toMatch(/ counter +[\d.]+ +[\d.]+[kM]?B /);
    expect(
      (await crictl("info -o go-template --template '{{.status.conditions}}'")).stdout,
    ).toMatch(/status:true type:RuntimeReady.*status:true type:NetworkReady/);
  });

  it('forwards a port to the pod', async () => {
    const web = await idOf(`create ${pod} web.json pod.json`);
    await crictl(`start ${web}`);
    const forwarding = await node.running.agent.spawn({
      argv: [...crictlCommand, 'port-forward', pod, '18080:8080'],
    });
    await readUntil(forwarding.stdout, /^Forwarding from 127\.0\.0\.1:18080 -> 8080\n/);
    const { stdout } = await shell(
      'curl -s http://127.0.0.1:18080/group || wget -qO- http://127.0.0.1:18080/group',
    );
    expect(stdout).toMatch(/^root:x:0:/);
    forwarding.signal('SIGINT');
    await forwarding.exited;
    expect(await crictl(`rm -f ${web}`)).toMatchObject({ code: 0 });
  });

  it('removes nothing that runs, and leaves nothing behind', async () => {
    const refusal = await crictl(`rm ${counter}`);
    expect(refusal).toMatchObject({ code: 1, stdout: '' });
    expect(refusal.stderr).toContain('is running, please stop it first');
    expect(await crictl(`stop --timeout 0 ${counter}`)).toMatchObject({ code: 0 });
    expect(await crictl(`rm ${counter}`)).toMatchObject({ code: 0, stdout: `${counter}\n` });
    expect((await crictl(`rmp ${pod}`)).stderr).toContain('is running, please stop it first');
    expect((await crictl(`stopp ${pod}`)).stdout).toBe(`Stopped sandbox ${pod}\n`);
    expect((await crictl(`rmp ${pod}`)).stdout).toBe(`Removed sandbox ${pod}\n`);
    expect((await crictl(`rmi ${busybox}`)).stdout).toBe(`Deleted: ${busybox}\n`);
    expect((await crictl('ps -aq && crictl pods -q')).stdout).toBe('');
    expect((await crictl(`images -q ${busybox}`)).stdout).toBe('');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, exec, exited, runPod, startCri } from './cri.ts';

let cri: CriNode;
let pod: Pod;
beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
});
afterAll(() => {
  cri.node.stop();
});

const state = async (containerId: string) =>
  (await cri.runtime.containerStatus({ containerId })).status?.state;
const forever = 'while :; do sleep 100; done';

describe('Container: basic operations', () => {
  it('runtime should support creating container', async () => {
    const id = await pod.create({ command: ['sh', '-c', forever] });
    expect(await state(id)).toBe(ContainerState.CONTAINER_CREATED);
    const { containers } = await cri.runtime.listContainers({ filter: { podSandboxId: pod.id } });
    expect(containers.map((container) => container.id)).toContain(id);
  });

  it('runtime should support preserving container attributes', async () => {
    const labels = { foo: 'bar' };
    const annotations = { 'a/b': 'c' };
    const metadata = { name: 'attributes', attempt: 2 };
    const id = await pod.create({ command: ['true'], labels, annotations, metadata });
    const { status } = await cri.runtime.containerStatus({ containerId: id });
    expect(status).toMatchObject({ labels, annotations, metadata });
    expect(status?.createdAt).toBeGreaterThan(0n);
    expect(status?.startedAt).toBe(0n);
  });

  it('runtime should support starting container', async () => {
    const id = await pod.run(forever);
    expect(await state(id)).toBe(ContainerState.CONTAINER_RUNNING);
    await cri.runtime.removeContainer({ containerId: id });
  });

  it('refuses to start it twice', async () => {
    const id = await pod.run(forever);
    await expect(cri.runtime.startContainer({ containerId: id })).rejects.toThrow(
      'container is in CONTAINER_RUNNING state',
    );
    await cri.runtime.removeContainer({ containerId: id });
  });

  it('runtime should support stopping container', async () => {
    const id = await pod.run(forever);
    await cri.runtime.stopContainer({ containerId: id, timeout: 60n });
    expect(await exited(cri, id)).toMatchObject({ exitCode: 143, reason: 'Error' });
  });

  it('kills what does not heed the stop signal in time', async () => {
    const id = await pod.run(`trap "" TERM; echo ready; ${forever}`);
    await pod.firstLine(id);
    await cri.runtime.stopContainer({ containerId: id, timeout: 1n });
    expect(await exited(cri, id)).toMatchObject({ exitCode: 137 });
  });

  it('runtime should support removing created, running and stopped containers', async () => {
    const created = await pod.create({ command: ['true'] });
    const running = await pod.run(forever);
    const stopped = await pod.run('true');
    await exited(cri, stopped);
    for (const containerId of [created, running, stopped]) {
      await cri.runtime.removeContainer({ containerId });
      await expect(cri.runtime.containerStatus({ containerId })).rejects.toMatchObject({ code: 5 });
    }
    expect(await cri.shell('ls /run/sandglass/tasks')).toBe(`${pod.id}\n`);
  });

  it('says why a program cannot be started', async () => {
    const id = await pod.create({ command: ['/no/such/program'] });
    await expect(cri.runtime.startContainer({ containerId: id })).rejects.toThrow(
      /executable file `\/no\/such\/program` not found/,
    );
    expect(await exited(cri, id)).toMatchObject({ exitCode: 128, reason: 'StartError' });
  });
});

describe('Container: exec', () => {
  it('runtime should support execSync', async () => {
    const id = await pod.run(forever);
    const result = await cri.runtime.execSync({
      containerId: id,
      cmd: ['sh', '-c', 'echo out; echo err >&2; exit 7'],
    });
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual([
      'out\n',
      'err\n',
      7,
    ]);
    await cri.runtime.removeContainer({ containerId: id });
  });

  it('runtime should support execSync with timeout', async () => {
    const id = await pod.run(forever);
    await expect(
      cri.runtime.execSync({ containerId: id, cmd: ['sleep', '321'], timeout: 2n }),
    ).rejects.toMatchObject({ code: 4, message: expect.stringContaining('timeout') as string });
    expect(await cri.shell('pgrep -fc "sleep 321" || true')).toMatch(/^0|1/);
    expect(await exec(cri, id, 'ps | grep -c "[s]leep 321" || true')).toBe('0\n');
    await cri.runtime.removeContainer({ containerId: id });
  });
});

describe('Container: stats', () => {
  it('runtime should support listing container stats', async () => {
    const id = await pod.run(`dd if=/dev/zero of=/root/file bs=1024 count=100; ${forever}`, {
      labels: { stats: 'yes' },
    });
    await exec(cri, id, 'until [ -s /root/file ]; do sleep 1; done');
    const { stats } = await cri.runtime.containerStats({ containerId: id });
    expect(stats?.cpu?.usageCoreNanoSeconds?.value).toBeGreaterThan(0n);
    expect(stats?.memory?.workingSetBytes?.value).toBeGreaterThan(4096n);
    expect(stats?.writableLayer?.usedBytes?.value).toBeGreaterThanOrEqual(102_400n);
    const listed = await cri.runtime.listContainerStats({
      filter: { labelSelector: { stats: 'yes' } },
    });
    expect(listed.stats.map(({ attributes }) => attributes?.id)).toEqual([id]);
    const { stats: whole } = await cri.runtime.podSandboxStats({ podSandboxId: pod.id });
    expect(whole?.linux?.network?.defaultInterface?.name).toBe('eth0');
    await cri.runtime.removeContainer({ containerId: id });
  });
});

describe('Container: volumes and devices', () => {
  it('runtime should support starting container with volume, also when host path is a symlink', async () => {
    await cri.shell(
      'mkdir -p /tmp/volume && echo content > /tmp/volume/file && ln -s volume /tmp/link',
    );
    for (const hostPath of ['/tmp/volume', '/tmp/link']) {
      const id = await pod.run(forever, { mounts: [{ hostPath, containerPath: '/mnt/there' }] });
      expect(await exec(cri, id, 'cat /mnt/there/file')).toBe('content\n');
      await cri.runtime.removeContainer({ containerId: id });
    }
  });

  it('makes a host path that is missing', async () => {
    const id = await pod.run('touch /volume/here', {
      mounts: [{ hostPath: '/tmp/missing/path', containerPath: '/volume' }],
    });
    await exited(cri, id);
    expect(await cri.shell('ls /tmp/missing/path')).toBe('here\n');
  });
});

describe('Container: log', () => {
  it('runtime should support starting container with log', async () => {
    const id = await pod.run('echo first; echo second >&2; printf unfinished');
    await exited(cri, id);
    expect((await pod.log(id)).toSorted()).toEqual(
      ['stdout F first', 'stderr F second', 'stdout F unfinished'].toSorted(),
    );
  });

  it('cuts a line of more than 16 KiB into partial records', async () => {
    const id = await pod.run("head -c 40000 /dev/zero | tr '\\0' x; echo; echo end");
    await exited(cri, id);
    const [first, second, third, last] = await pod.log(id);
    expect([first?.length, second?.length, third?.length]).toEqual(
      [16384, 16384, 40000 - 2 * 16384].map((length) => length + 'stdout P '.length),
    );
    expect([first, second, third].map((line) => line?.slice(0, 9))).toEqual([
      'stdout P ',
      'stdout P ',
      'stdout F ',
    ]);
    expect(last).toBe('stdout F end');
  });

  it('runtime should support reopening container log', async () => {
    const id = await pod.run('i=0; while :; do i=$((i+1)); echo $i; sleep 1; done');
    const path = (await cri.runtime.containerStatus({ containerId: id })).status?.logPath ?? '';
    await cri.shell(`until [ -s ${path} ]; do sleep 1; done; mv ${path} ${path}.old`);
    await cri.runtime.reopenContainerLog({ containerId: id });
    await cri.shell(`until [ -s ${path} ]; do sleep 1; done`);
    await cri.runtime.removeContainer({ containerId: id });
    const lines = (await cri.shell(`cat ${path}.old ${path}`)).trim().split('\n');
    expect(lines.map((line) => line.split(' ')[3])).toEqual(lines.map((_, i) => String(i + 1)));
  });
});

describe('runtime should output OOMKilled reason', () => {
  it('should terminate with exitCode 137 and reason OOMKilled', async () => {
    const id = await pod.run('dd if=/dev/zero of=/dev/null bs=60M count=1', {
      command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=60M', 'count=1'],
      linux: { resources: { memoryLimitInBytes: 15n << 20n } },
    });
    expect(await exited(cri, id)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });
});

describe('resources', () => {
  it('become those of the cgroup, and can be changed while it runs', async () => {
    const resources = {
      cpuShares: 512n,
      cpuQuota: 50_000n,
      cpuPeriod: 100_000n,
      memoryLimitInBytes: 64n << 20n,
    };
    const id = await pod.run(forever, { linux: { resources } });
    const cgroup = `/sys/fs/cgroup/sandglass/${id}`;
    expect(await cri.shell(`cat ${cgroup}/cpu.max ${cgroup}/memory.max`)).toBe(
      `50000 100000\n${64 << 20}\n`,
    );
    await cri.runtime.updateContainerResources({
      containerId: id,
      linux: { cpuQuota: 20_000n, cpuPeriod: 100_000n, memoryLimitInBytes: 96n << 20n },
    });
    expect(await cri.shell(`cat ${cgroup}/cpu.max ${cgroup}/memory.max`)).toBe(
      `20000 100000\n${96 << 20}\n`,
    );
    const { status } = await cri.runtime.containerStatus({ containerId: id });
    expect(status?.resources?.linux).toMatchObject({ cpuQuota: 20_000n, cpuShares: 512n });
    await cri.runtime.removeContainer({ containerId: id });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CriNode, type Pod, exec, execSync, exited, runPod, startCri } from './cri.ts';
import { container } from './specs/container.ts';
import { outOfMemory } from './specs/mounts.ts';
import { testSpecs } from './specs/spec.ts';

let cri: CriNode;
let pod: Pod;
beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
});
afterAll(() => {
  cri.node.stop();
});

testSpecs([...container, ...outOfMemory], () => cri);

const forever = 'while :; do sleep 100; done';

describe('a container', () => {
  it('refuses to start it twice', async () => {
    const id = await pod.run(forever);
    await expect(cri.runtime.startContainer({ containerId: id })).rejects.toThrow(
      'container is in CONTAINER_RUNNING state',
    );
    await cri.runtime.removeContainer({ containerId: id });
  });

  it('ends with the signal that stopped it', async () => {
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

  it('is gone once it is removed', async () => {
    const stopped = await pod.run('true');
    await exited(cri, stopped);
    for (const containerId of [
      await pod.create({ command: ['true'] }),
      await pod.start(),
      stopped,
    ]) {
      await cri.runtime.removeContainer({ containerId });
      await expect(cri.runtime.containerStatus({ containerId })).rejects.toMatchObject({ code: 5 });
    }
    expect(await cri.shell(`ls /run/sandglass/tasks | grep -v ${pod.id} || true`)).toBe('');
  });

  it('says why a program cannot be started', async () => {
    const id = await pod.create({ command: ['/no/such/program'] });
    await expect(cri.runtime.startContainer({ containerId: id })).rejects.toThrow(
      /executable file `\/no\/such\/program` not found/,
    );
    expect(await exited(cri, id)).toMatchObject({ exitCode: 128, reason: 'StartError' });
  });
});

it('execSync tells both streams and the exit code', async () => {
  const id = await pod.run(forever);
  const said = await execSync(cri, id, ['sh', '-c', 'echo out; echo err >&2; exit 7']);
  expect(said).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 7 });
  await cri.runtime.removeContainer({ containerId: id });
});

describe('stats', () => {
  it('tell of what a container uses and writes, and of its pod’s network', async () => {
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

describe('a volume', () => {
  it('is made where the host path is missing', async () => {
    const id = await pod.run('touch /volume/here', {
      mounts: [{ hostPath: '/tmp/missing/path', containerPath: '/volume' }],
    });
    await exited(cri, id);
    expect(await cri.shell('ls /tmp/missing/path')).toBe('here\n');
  });
});

describe('a log', () => {
  it('has both streams, and what ended without a newline', async () => {
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

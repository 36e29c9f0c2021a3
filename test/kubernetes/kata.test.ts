import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TraceRecord } from '#base/trace-records.ts';
import { surveyNode } from '#cluster/node-survey.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

let cluster: TestCluster;
const records: TraceRecord[] = [];

beforeAll(async () => {
  cluster = await TestCluster.start();
  cluster.records.listen((record) => records.push(record));
});

afterAll(() => {
  cluster.stop();
});

const inPod = (command: string) => cluster.shell(`kubectl exec vm -- sh -c '${command}'`);

it('runs a pod on a kernel of its own, of which the node sees a shim and a VMM', async () => {
  await cluster.createPod('vm', { runtimeClassName: 'kata-template' });
  await cluster.ready('vm');
  await until('its log', async () => (await cluster.shell('kubectl logs vm')) === 'up\n');
  const [node, guest] = [
    await cluster.shell('cat /proc/version'),
    await inPod('cat /proc/version'),
  ];
  expect(guest).toMatch(/^Linux version 6\.1/);
  expect(guest).not.toBe(node);
  const bootId = 'cat /proc/sys/kernel/random/boot_id';
  expect(await inPod(bootId)).not.toBe(await cluster.shell(bootId));
  const processes = await cluster.shell('ps ax -o args');
  expect(processes).toMatch(/^\S*sandglass-shim-kata start --id /m);
  expect(processes).toMatch(/^\S*sandglass-vmm --id \S+ --machine kata-template/m);
  expect(processes).not.toContain('sleep 3600');
  expect(await inPod('ps')).toContain('sleep 3600');
});

it('calls the agent in Kata’s order', () => {
  const calls = records.flatMap((record) =>
    record.kind === 'agent-call' && record.pod?.name === 'vm' ? [record.method] : [],
  );
  expect(calls.filter((name) => name !== 'CloseStdin').slice(0, 10)).toEqual([
    'ReseedRandomDev',
    'SetGuestDateTime',
    'UpdateInterface',
    'UpdateRoutes',
    'CreateSandbox',
    'GetGuestDetails',
    'CreateContainer',
    'StartContainer',
    'CreateContainer',
    'StartContainer',
  ]);
});

it('has the pod’s address, by which the node reaches it', async () => {
  const address = (await cluster.pod('vm'))?.status?.podIP ?? '';
  expect(await inPod('ip -o -4 addr show eth0')).toContain(`inet ${address}/24`);
  expect(await cluster.shell(`ping -c 1 -W 5 ${address}`)).toContain(' 0% packet loss');
});

it('tells of its own kernel, devices and processes, of which the node knows none', async () => {
  const [machine, ...others] = await cluster.kubernetes.machines.surveys();
  expect(others).toEqual([]);
  expect(machine).toMatchObject({ handler: 'kata-template', pod: { name: 'vm' } });
  const { kernel, devices, processes, cgroups, mounts } = machine?.survey ?? expect.fail();
  expect(`${kernel.bootId}\n`).toBe(await inPod('cat /proc/sys/kernel/random/boot_id'));
  expect(`${kernel.release}\n`).toBe(await inPod('uname -r'));
  expect(kernel.memoryTotalBytes).toBeLessThan(machine?.memoryBytes ?? 0);
  expect(machine?.emulator?.heapBytes).toBeGreaterThan(machine?.memoryBytes ?? 0);
  expect(devices.map(({ driver, what }) => `${driver} ${what}`.trim()).sort()).toEqual([
    '9pnet_virtio host9p',
    'virtio_console',
    'virtio_net eth0',
  ]);
  expect(processes[0]).toMatchObject({ pid: 1, name: 'kata-agent' });
  const workload = processes.filter(({ commandLine }) => commandLine.includes('sleep 3600'));
  expect(workload.length).toBeGreaterThan(0);
  expect(cgroups.map(({ path }) => path)).toContain(workload[0]?.cgroup);
  expect(mounts.some(({ type, source }) => type === '9p' && source === 'host9p')).toBe(true);
  const node = await surveyNode(cluster.node.running.agent);
  expect(node.kernel.bootId).not.toBe(kernel.bootId);
  const onNode = node.processes.filter(({ cgroup }) => cgroup.endsWith(`/${machine?.sandboxId}`));
  expect(onNode.map(({ name }) => name).sort()).toEqual(['sandglass-shim-', 'sandglass-vmm']);
});

it('tells of 9P messages and frames one by one while somebody looks', async () => {
  const kinds = () => new Set(records.map(({ kind }) => kind));
  expect(kinds()).toContain('vm-traffic');
  expect([kinds().has('ninep'), kinds().has('frame')]).toEqual([false, false]);
  const { trace } = cluster.kubernetes;
  trace.details = new Set(['ninep', 'frame']);
  await inPod('ls -l /etc');
  const address = (await cluster.pod('vm'))?.status?.podIP ?? '';
  await cluster.shell(`ping -c 1 -W 5 ${address}`);
  trace.details = new Set();
  const named = (record: TraceRecord) => record.pod?.name === 'vm';
  const walks = records.filter((record) => record.kind === 'ninep' && record.name === 'Twalk');
  const pings = records.filter((record) => record.kind === 'frame' && record.protocol === 'ICMP');
  expect(walks.length).toBeGreaterThan(0);
  expect(pings).toMatchObject([{ from: 'node' }, { from: 'guest' }]);
  expect([...walks, ...pings].every(named)).toBe(true);
});

it('keeps a sysctl that is set in it to itself', async () => {
  await cluster.createPod('root', {
    runtimeClassName: 'kata-template',
    containers: [
      {
        name: 'main',
        image: 'busybox:1.36',
        command: ['sleep', '3600'],
        securityContext: { privileged: true },
      },
    ],
  });
  await cluster.ready('root');
  const before = await cluster.shell('cat /proc/sys/kernel/core_pattern');
  await cluster.shell("kubectl exec root -- sh -c 'echo escaped > /proc/sys/kernel/core_pattern'");
  expect(await cluster.shell('kubectl exec root -- cat /proc/sys/kernel/core_pattern')).toBe(
    'escaped\n',
  );
  expect(await cluster.shell('cat /proc/sys/kernel/core_pattern')).toBe(before);
});

it('leaves nothing behind', async () => {
  await Promise.all([cluster.deletePod('vm'), cluster.deletePod('root')]);
  await until('the machines to be gone', async () => {
    const left = await cluster.shell(
      'ls /run/vc/sbs /run/vc/vm /run/kata-containers/shared/sandboxes | grep -v : ; grep -c kata /proc/self/mountinfo; ps ax -o args | grep -cE "[s]andglass-(vmm|shim-kata)"; true',
    );
    return left.split('\n').filter(Boolean).join(' ') === '0 0' ? true : undefined;
  });
});

import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { Pod } from '#kube/types.ts';
import { type PodStatus, emptyPodStatus } from '#kubelet/container/types.ts';
import type { LogicalCpu } from '#kubelet/ports.ts';
import { FakeCri } from '#kubelet/testing/fake-cri.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { settle } from '#kubelet/testing/settle.ts';
import { takeByTopology } from './cpu-assignment.ts';
import { CpuManager } from './cpu-manager.ts';
import { CpuSet } from './cpuset.ts';
import { stateFile } from './state.ts';

const signal = new AbortController().signal;

/** Threads of a core are numbered as Linux does: first one of each core, then the others. */
function topology(sockets: number, coresEach: number, threads: number): LogicalCpu[] {
  const cores = sockets * coresEach;
  return Array.from({ length: cores * threads }, (_, cpu) => {
    const core = cpu % cores;
    const socket = core % sockets;
    return { cpu, core, socket, numaNode: socket };
  });
}

const singleSocketHT = topology(1, 4, 2);
const dualSocketHT = topology(2, 3, 2);

describe('CpuSet', () => {
  it.each([
    ['', []],
    ['0', [0]],
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['5,1-2', [1, 2, 5]],
  ])('reads %j', (text, cpus) => {
    expect(CpuSet.parse(text).list()).toEqual(cpus);
  });

  it('writes ranges', () => {
    expect(new CpuSet([8, 0, 2, 1, 4]).toString()).toBe('0-2,4,8');
  });

  it.each(['1-', '3-1', '0-99999999', 'all'])('refuses %j, which is no list', (text) => {
    expect(() => CpuSet.parse(text)).toThrow(`"${text}" is not a list of CPUs.`);
  });
});

describe('takeByTopology', () => {
  /** After cpu_assignment_test.go, TestTakeByTopologyNUMAPacked. */
  it.each([
    ['one CPU', singleSocketHT, '0-7', 1, '0'],
    ['a core in use first', singleSocketHT, '1,3,5-7', 1, '6'],
    ['a whole core', singleSocketHT, '0-7', 2, '0,4'],
    ['a whole core where one is free', singleSocketHT, '1-3,5,6', 2, '1,5'],
    ['all', singleSocketHT, '0-7', 8, '0-7'],
    ['one of two sockets', dualSocketHT, '0-11', 1, '0'],
    ['a core of the fuller socket', dualSocketHT, '1,2,3,7,8,9', 2, '2,8'],
    ['a whole socket', dualSocketHT, '0-11', 6, '0,2,4,6,8,10'],
    ['a socket and a core', dualSocketHT, '0-11', 8, '0-2,4,6-8,10'],
  ])('takes %s', (_what, cpus, available, count, expected) => {
    expect(takeByTopology(cpus, CpuSet.parse(available), count).toString()).toBe(expected);
  });

  it('refuses what there is not', () => {
    expect(() => takeByTopology(singleSocketHT, CpuSet.parse('1'), 2)).toThrow(
      'not enough cpus available to satisfy request: requested=2, available=1',
    );
  });
});

function podOf(uid: string, cpu: string, memory = '1Mi'): Pod {
  const resources = { requests: { cpu, memory }, limits: { cpu, memory } };
  return { metadata: { uid, name: uid }, spec: { containers: [{ name: 'main', resources }] } };
}

interface Planned {
  name: string;
  cpu: string;
  /** Of an init container. */
  init?: 'once' | 'sidecar';
}

function podWith(...planned: Planned[]): Pod {
  const containerOf = ({ name, cpu, init }: Planned) => {
    const amounts = { cpu, memory: '1Mi' };
    const resources = { requests: amounts, limits: amounts };
    return { name, resources, ...(init === 'sidecar' && { restartPolicy: 'Always' }) };
  };
  return {
    metadata: { uid: 'a', name: 'a' },
    spec: {
      initContainers: planned.filter(({ init }) => init).map(containerOf),
      containers: planned.filter(({ init }) => !init).map(containerOf),
    },
  };
}

function rig(cpus: readonly LogicalCpu[], reserved = '0', systemReserved = '0') {
  const clock = new ManualClock();
  const node = new FakeNode();
  node.files.put('/var/lib/kubelet/placeholder', '');
  const cri = new FakeCri(clock);
  const pods: Pod[] = [];
  const statuses = new Map<string, PodStatus>();
  const updates: (readonly string[])[] = [];
  const make = (policy: 'none' | 'static' = 'static') =>
    new CpuManager({
      files: node.files,
      runtime: cri.clients.runtime,
      policy,
      reserved,
      systemReserved,
      topology: () => cpus,
      activePods: () => pods,
      statusOf: (uid) => statuses.get(uid) ?? emptyPodStatus(uid),
      clock,
      onUpdate: (uids) => updates.push(uids),
      onError: (error) => {
        throw error;
      },
    });
  return { node, cri, pods, statuses, updates, make };
}

describe('CpuManager', () => {
  it('gives whole CPUs of guaranteed pods to them alone', async () => {
    const { node, pods, make } = rig(singleSocketHT);
    const manager = make();
    await manager.start(signal);
    const pod = podOf('a', '2');
    pods.push(pod);
    expect(manager.admit(pod)).toBeUndefined();
    expect(await manager.preCreateContainer(pod, { name: 'main' })).toBe('1,5');
    expect(manager.shared.toString()).toBe('0,2-4,6-7');
    expect(JSON.parse(node.files.text(stateFile))).toMatchObject({
      policyName: 'static',
      defaultCpuSet: '0,2-4,6-7',
      entries: { a: { main: '1,5' } },
    });
  });

  it.each([
    ['0', '0,4'],
    ['500m', '1,5'],
    ['1500m', '1,5'],
  ])('keeps whole CPUs for %s of a CPU that is reserved', async (amount, given) => {
    const { pods, make } = rig(singleSocketHT, amount === '0' ? '7' : '', amount);
    const manager = make();
    await manager.start(signal);
    const pod = podOf('a', '2');
    pods.push(pod);
    expect(manager.admit(pod)).toBeUndefined();
    expect(await manager.preCreateContainer(pod, { name: 'main' })).toBe(given);
  });

  it('does not start without a reserve', async () => {
    const { make } = rig(singleSocketHT, '', '0');
    await expect(make().start(signal)).rejects.toThrow(
      'the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero',
    );
  });

  it.each([
    ['fractions', podOf('a', '1500m')],
    [
      'burstable pods',
      {
        metadata: { uid: 'a' },
        spec: { containers: [{ name: 'main', resources: { requests: { cpu: '2' } } }] },
      },
    ],
    ['best effort', { metadata: { uid: 'a' }, spec: { containers: [{ name: 'main' }] } }],
  ] as [string, Pod][])('has %s share the others', async (_what, pod) => {
    const { pods, make } = rig(singleSocketHT);
    const manager = make();
    await manager.start(signal);
    pods.push(pod);
    manager.admit(pod);
    expect(await manager.preCreateContainer(pod, { name: 'main' })).toBe('0-7');
  });

  /** After policy_static_test.go, TestStaticPolicyReuseCPUs and TestStaticPolicyDoNotReuseCPUs. */
  it.each<[string, readonly LogicalCpu[], Planned[], Record<string, string>, string]>([
    [
      'those of init containers are used again',
      singleSocketHT,
      [
        { name: 'first', cpu: '4', init: 'once' },
        { name: 'second', cpu: '2', init: 'once' },
        { name: 'main', cpu: '2' },
        { name: 'beside', cpu: '2' },
      ],
      { first: '1-2,5-6', second: '1,5', main: '1,5', beside: '2,6' },
      '0,3-4,7',
    ],
    [
      'those of sidecars are not',
      singleSocketHT,
      [
        { name: 'first', cpu: '2', init: 'once' },
        { name: 'sidecar', cpu: '2', init: 'sidecar' },
        { name: 'main', cpu: '2' },
      ],
      { first: '1,5', sidecar: '1,5', main: '2,6' },
      '0,3-4,7',
    ],
    [
      'an init container may need all that is left for others',
      topology(1, 4, 1),
      [
        { name: 'first', cpu: '3', init: 'once' },
        { name: 'main', cpu: '2' },
        { name: 'beside', cpu: '1' },
      ],
      { first: '1-3', main: '1-2', beside: '3' },
      '0',
    ],
  ])('%s', async (_what, cpus, planned, given, shared) => {
    const { pods, make } = rig(cpus);
    const manager = make();
    await manager.start(signal);
    const pod = podWith(...planned);
    pods.push(pod);
    const look = async () => {
      expect(manager.admit(pod)).toBeUndefined();
      const sets: Record<string, string> = {};
      for (const { name } of planned) sets[name] = await manager.preCreateContainer(pod, { name });
      return sets;
    };
    expect(await look()).toEqual(given);
    expect(manager.shared.toString()).toBe(shared);
    // Asked again, as after a restart of the kubelet, nothing is taken twice.
    expect(await look()).toEqual(given);
    expect(manager.shared.toString()).toBe(shared);
    pods.pop();
    await manager.reconcile(signal);
    expect(manager.shared.size).toBe(cpus.length);
  });

  it('refuses what it cannot give, and takes nothing for it', async () => {
    const { pods, make } = rig(topology(1, 1, 1));
    const manager = make();
    await manager.start(signal);
    const pod = podOf('a', '1');
    pods.push(pod);
    expect(manager.admit(pod)).toEqual({
      reason: 'UnexpectedAdmissionError',
      message:
        'Allocate failed due to not enough cpus available to satisfy request: requested=1, available=0, which is unexpected',
    });
    expect(manager.shared.toString()).toBe('0');
  });

  it('takes CPUs back from pods that are gone, and tells running containers', async () => {
    const { cri, pods, statuses, updates, make } = rig(singleSocketHT);
    const manager = make();
    await manager.start(signal);
    const [alone, sharing] = [podOf('alone', '2'), podOf('sharing', '100m')];
    const running = { ...emptyPodStatus('sharing'), containers: [runningContainer('c1')] };
    pods.push(sharing, alone);
    statuses.set('sharing', running);
    manager.admit(sharing);
    manager.admit(alone);
    await manager.reconcile(signal);
    expect(cri.callsOf('UpdateContainerResources')).toEqual(['c1 0,2-4,6-7']);
    await manager.reconcile(signal);
    expect(cri.callsOf('UpdateContainerResources')).toHaveLength(1);
    expect(updates).toEqual([['sharing']]);
    pods.pop();
    await manager.reconcile(signal);
    expect(cri.callsOf('UpdateContainerResources').at(-1)).toBe('c1 0-7');
  });

  it('knows after a restart what it gave', async () => {
    const { pods, make } = rig(singleSocketHT);
    const pod = podOf('a', '2');
    pods.push(pod);
    const before = make();
    await before.start(signal);
    before.admit(pod);
    await settle();
    const after = make();
    await after.start(signal);
    expect(await after.preCreateContainer(pod, { name: 'main' })).toBe('1,5');
  });

  it.each([
    [
      'another policy',
      undefined,
      'none' as const,
      'configured policy "none" differs from state checkpoint policy "static"',
    ],
    [
      'a changed file',
      (text: string) => text.replace('0-7', '0-6'),
      'static' as const,
      'checkpoint is corrupted',
    ],
  ])('does not start on the state of %s', async (_what, change, policy, message) => {
    const { node, make } = rig(singleSocketHT);
    await make().start(signal);
    if (change) node.files.put(stateFile, change(node.files.text(stateFile)));
    await expect(make(policy).start(signal)).rejects.toThrow(message);
  });

  it('does nothing with the policy none', async () => {
    const { pods, make } = rig(singleSocketHT);
    const manager = make('none');
    await manager.start(signal);
    const pod = podOf('a', '2');
    pods.push(pod);
    expect(manager.admit(pod)).toBeUndefined();
    expect(await manager.preCreateContainer(pod, { name: 'main' })).toBe('');
  });
});

function runningContainer(id: string): PodStatus['containers'][number] {
  return {
    id,
    name: 'main',
    state: 'running',
    createdAt: 0,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    image: '',
    imageId: '',
    hash: '',
    restartCount: 0,
    reason: '',
    message: '',
    mounts: [],
    user: undefined,
  };
}

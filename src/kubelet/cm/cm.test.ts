import { describe, expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { podCgroup } from './cgroup-names.ts';
import { Cgroups } from './cgroups.ts';
import { PodContainerManager, podCgroupSettings } from './pod-container-manager.ts';
import { oomScoreAdjust, qosClassOf } from './qos.ts';
import { milliCpuToQuota, milliCpuToShares, sharesToWeight } from './resources.ts';

const signal = new AbortController().signal;

type List = Record<string, string>;

function podOf(...containers: { requests?: List; limits?: List }[]): Pod {
  return {
    metadata: { uid: 'u' },
    spec: { containers: containers.map((resources, index) => ({ name: `c${index}`, resources })) },
  };
}

const guaranteed = podOf({
  requests: { cpu: '500m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '64Mi' },
});
const burstable = podOf({ requests: { cpu: '250m' }, limits: { memory: '64Mi' } }, {});
const bestEffort = podOf({});

describe('QoS', () => {
  it.each([
    ['Guaranteed', guaranteed],
    ['Guaranteed', podOf({ limits: { cpu: '1', memory: '1Gi' } })],
    ['Burstable', burstable],
    ['Burstable', podOf({ requests: { cpu: '500m' }, limits: { cpu: '1', memory: '1Mi' } })],
    ['BestEffort', bestEffort],
    ['BestEffort', podOf({ requests: { 'ephemeral-storage': '1Gi' } })],
  ])('%s', (qos, pod) => {
    expect(qosClassOf(pod)).toBe(qos);
  });

  it.each([
    [guaranteed, -997],
    [bestEffort, 1000],
    [podOf({ requests: { memory: '64Mi' } }), 750],
    [podOf({ requests: { cpu: '1m' } }), 999],
    [podOf({ requests: { memory: '256Mi' } }), 3],
  ])('OOM score adjustment', (pod, expected) => {
    const [container] = pod.spec?.containers ?? [];
    expect(container && oomScoreAdjust(pod, container, 256 << 20)).toBe(expected);
  });
});

describe('cgroup v2 values', () => {
  it.each([
    [0, 2],
    [1, 2],
    [100, 102],
    [1000, 1024],
    [1_000_000, 262_144],
  ])('%i milli CPUs are %i shares', (milli, shares) => {
    expect(milliCpuToShares(milli)).toBe(shares);
  });

  it.each([
    [0, 0],
    [5, 1000],
    [500, 50_000],
    [2000, 200_000],
  ])('%i milli CPUs are a quota of %i', (milli, quota) => {
    expect(milliCpuToQuota(milli)).toBe(quota);
  });

  /** opencontainers/cgroups, utils_test.go, TestConvertCPUSharesToCgroupV2Value */
  it.each([
    [0, 1],
    [2, 1],
    [1024, 100],
    [262_144, 10_000],
  ])('%i shares weigh %i', (shares, weight) => {
    expect(sharesToWeight(shares)).toBe(weight);
  });

  it('limit a pod only where each of its containers is limited', () => {
    expect(podCgroupSettings(guaranteed)).toEqual({
      'cpu.weight': String(sharesToWeight(512)),
      'cpu.max': '50000 100000',
      'memory.max': '67108864',
    });
    expect(podCgroupSettings(burstable)).toEqual({
      'cpu.weight': String(sharesToWeight(256)),
      'cpu.max': 'max 100000',
      'memory.max': 'max',
    });
  });
});

describe('PodContainerManager', () => {
  async function rig(pods: Pod[] = []) {
    const { files } = new FakeNode();
    const manager = new PodContainerManager(new Cgroups(files), () => pods);
    await manager.start({ milliCpu: 1000, memoryBytes: 256 << 20 }, signal);
    const text = (path: string) => files.text(`/sys/fs/cgroup${path}`);
    return { files, manager, text };
  }

  it('makes a place for each class', async () => {
    const { text } = await rig();
    expect(text('/kubepods/memory.max')).toBe(String(256 << 20));
    expect(text('/kubepods/cpu.weight')).toBe('100');
    expect(text('/kubepods/besteffort/cpu.weight')).toBe('1');
    expect(text('/kubepods/burstable/cgroup.subtree_control')).toBe(
      '+cpuset +cpu +io +memory +pids',
    );
  });

  it.each([
    [guaranteed, '/kubepods/podu'],
    [burstable, '/kubepods/burstable/podu'],
    [bestEffort, '/kubepods/besteffort/podu'],
  ])('puts a pod in its class', async (pod, path) => {
    const { manager, text, files } = await rig([pod]);
    await manager.ensurePod(pod, signal);
    expect(podCgroup(pod)).toBe(path);
    expect(text(`${path}/cpu.weight`)).toBe(podCgroupSettings(pod)['cpu.weight']);
    await files.makeDirectory(`/sys/fs/cgroup${path}/container`);
    await manager.destroyPod(pod, signal);
    expect(await files.exists(`/sys/fs/cgroup${path}`)).toBe(false);
  });

  it('has burstable pods weigh together what they request', async () => {
    const pods = [burstable];
    const { manager, text } = await rig(pods);
    await manager.ensurePod(burstable, signal);
    expect(text('/kubepods/burstable/cpu.weight')).toBe(String(sharesToWeight(256)));
    pods.pop();
    await manager.updateQos(signal);
    expect(text('/kubepods/burstable/cpu.weight')).toBe('1');
  });

  it('removes what no pod claims', async () => {
    const { manager, files } = await rig();
    for (const uid of ['kept', 'lost']) {
      await manager.ensurePod({ ...bestEffort, metadata: { uid } }, signal);
    }
    const orphans = await manager.orphans((uid) => uid === 'kept', signal);
    for (const name of orphans) await manager.destroy(name, signal);
    expect(
      files.names('/sys/fs/cgroup/kubepods/besteffort').filter((name) => name.startsWith('pod')),
    ).toEqual(['podkept']);
  });
});

import { expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import type { NodeSurvey, SurveyedProcess } from '#rpc/contracts.ts';
import { commandsFor, groupRows, mapNode, sharesOf } from './node-model.ts';

const uid = '5c1e0f6a-9d0e-4a35-8f0b-2b1d7d6a90c2';
const [pauseId, webId] = ['a'.repeat(64), 'b'.repeat(64)];
const own = { mnt: 1, pid: 2, net: 3, ipc: 4, uts: 5, cgroup: 6, user: 7 };
const inPod = { ...own, net: 30, ipc: 40, uts: 50 };

function process(pid: number, name: string, more: Partial<SurveyedProcess> = {}): SurveyedProcess {
  return {
    ...{ pid, parentPid: 1, ownPid: pid, state: 'S', residentBytes: 4096, cpuMilliseconds: 1 },
    ...{ namespaces: own, cgroup: '/', name, commandLine: name, ...more },
  };
}

const group = `/kubepods/besteffort/pod${uid}`;
const link = {
  ...{ namespace: 3, index: 2, peer: 0, master: 0, up: true, kind: undefined, name: 'eth0' },
  ...{ hardwareAddress: '', addresses: [], receivedBytes: 0, sentBytes: 0 },
};

const survey: NodeSurvey = {
  kernel: { release: '6.1', bootId: 'b', memoryTotalBytes: 1, memoryAvailableBytes: 1 },
  devices: [],
  processes: [
    process(1, 'init'),
    process(60, 'agent'),
    process(413, 'httpd', {
      namespaces: { ...inPod, mnt: 12, pid: 22, cgroup: 62 },
      cgroup: `${group}/${webId}`,
      ownPid: 1,
    }),
    process(406, 'pause', {
      namespaces: { ...inPod, mnt: 11, pid: 21, cgroup: 61 },
      cgroup: `${group}/${pauseId}`,
      ownPid: 1,
    }),
  ],
  cgroups: ['/', '/kubepods', '/kubepods/besteffort', group, `${group}/${webId}`].map((path) => ({
    path,
    cpuMilliseconds: 1,
  })),
  links: [
    link,
    { ...link, index: 3, kind: 'bridge', name: 'cni0' },
    { ...link, index: 4, kind: 'veth', name: 'veth1', peer: 2, master: 3 },
    { ...link, namespace: 30, index: 1, name: 'lo' },
    { ...link, namespace: 30, index: 2, kind: 'veth', peer: 4, addresses: ['10.88.0.2/16'] },
  ],
  mounts: [
    { namespace: 12, root: '/', point: '/', readOnly: false, type: 'overlay', source: 'overlay' },
    { namespace: 12, root: '/', point: '/proc', readOnly: false, type: 'proc', source: 'proc' },
    { namespace: 12, root: '/x', point: '/data', readOnly: true, type: 'tmpfs', source: 'tmpfs' },
  ],
};

const pod = {
  metadata: { uid, name: 'web', namespace: 'default' },
  status: { containerStatuses: [{ name: 'server', containerID: `containerd://${webId}` }] },
} as unknown as Pod;

it('puts each process under the container and the pod that it is of', () => {
  const map = mapNode(survey, [pod]);
  expect(map.processes.map(({ name }) => name)).toEqual(['init', 'agent']);
  expect(map.pods).toHaveLength(1);
  const [web] = map.pods;
  expect([web?.name, web?.namespace]).toEqual(['web', 'default']);
  expect(web?.containers.map(({ name, processes }) => [name, processes[0]?.pid])).toEqual([
    ['pause', 406],
    ['server', 413],
  ]);
  expect(web?.containers[1]?.mounts.map(({ point }) => point)).toEqual(['/', '/data']);
});

it('knows a static pod’s processes by the hash that its mirror in the API bears', () => {
  const annotations = { 'kubernetes.io/config.mirror': uid };
  const mirror = { ...pod, metadata: { ...pod.metadata, uid: 'of-the-api', annotations } };
  const [web] = mapNode(survey, [mirror]).pods;
  expect([web?.name, web?.containers[1]?.name]).toEqual(['web', 'server']);
});

it('finds the ends of a pod’s veth pair, and leaves the node’s own devices', () => {
  const map = mapNode(survey, [pod]);
  expect(map.pods[0]?.link?.addresses).toEqual(['10.88.0.2/16']);
  expect(map.pods[0]?.port?.name).toBe('veth1');
  expect(map.links.map(({ name }) => name)).toEqual(['eth0', 'cni0']);
});

it('says which containers share a namespace, and which is the node’s', () => {
  const { pods, own: nodes } = mapNode(survey, [pod]);
  const shares = (kind: 'net' | 'pid' | 'user') =>
    sharesOf(kind, nodes, pods[0]?.containers ?? []).map(({ span, isNodes }) => [span, isNodes]);
  expect(shares('net')).toEqual([
    [1, true],
    [2, false],
  ]);
  expect(shares('pid')).toEqual([
    [1, true],
    [1, false],
    [1, false],
  ]);
  expect(shares('user')).toEqual([[3, true]]);
});

it('names a pod that the API has no more by the trace, or says nothing', () => {
  const ref = { uid, name: 'gone', namespace: 'old' };
  expect(mapNode(survey, [], new Map([[uid, ref]])).pods[0]?.name).toBe('gone');
  expect(mapNode(survey, []).pods[0]?.name).toBeUndefined();
  expect(mapNode(survey, []).pods[0]?.containers[1]?.name).toBe('bbbbbbbbbbbb');
});

it('names control groups by whose they are', () => {
  expect(groupRows(mapNode(survey, [pod])).map(({ name, depth }) => [name, depth])).toEqual([
    ['/', 0],
    ['kubepods', 1],
    ['besteffort', 2],
    ['web', 3],
    ['server', 4],
  ]);
});

it('offers command lines that show a process', () => {
  const commands = commandsFor(survey.processes[2] as SurveyedProcess);
  expect(commands[0]).toBe('lsns -p 413');
  expect(commands).toContain('cat /proc/413/cgroup');
  expect(commands).toContain('crictl ps --id bbbbbbbbbbbbb');
  expect(commandsFor(survey.processes[0] as SurveyedProcess).join()).not.toContain('crictl');
});

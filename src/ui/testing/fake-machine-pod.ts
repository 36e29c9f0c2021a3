import type {
  MachineSurvey,
  NodeSurvey,
  SurveyedCgroup,
  SurveyedLink,
  SurveyedMount,
  SurveyedNamespaces,
  SurveyedProcess,
} from '#rpc/contracts.ts';

/** A pod that is a virtual machine, as the node's survey and that of the machine have it. */
const uid = '5c1e0f6a-9d0e-4a35-8f0b-2b1d7d6a90c2';
export const sandboxId = 'a1'.padEnd(64, '0');
export const webId = 'b2'.padEnd(64, '0');

const ofNode = { mnt: 1, pid: 2, net: 3, ipc: 4, uts: 5, cgroup: 6, user: 7 };
const ofMachine = { mnt: 11, pid: 12, net: 13, ipc: 14, uts: 15, cgroup: 16, user: 17 };
const podNet = 30;
const group = `/kubepods/burstable/pod${uid}/${sandboxId}`;
const shared = `/run/kata-containers/shared/sandboxes/${sandboxId}/shared`;
const guestShare = '/run/kata-containers/shared/containers';

function process(
  pid: number,
  commandLine: string,
  namespaces: SurveyedNamespaces,
  more: Partial<SurveyedProcess> = {},
): SurveyedProcess {
  const name = commandLine.replace(/ .*/, '').replace(/.*\//, '').slice(0, 15);
  return {
    ...{ pid, parentPid: 1, ownPid: pid, state: 'S', residentBytes: 1 << 20, cpuMilliseconds: 9 },
    ...{ namespaces, cgroup: '/', name, commandLine, ...more },
  };
}

function link(namespace: number, name: string, more: Partial<SurveyedLink> = {}): SurveyedLink {
  return {
    ...{ namespace, index: 2, peer: 0, master: 0, up: true, kind: undefined, name },
    ...{ hardwareAddress: '02:58:0a:58:00:05', addresses: [] },
    ...{ receivedBytes: 41_200, sentBytes: 8_730, ...more },
  };
}

function mount(namespace: number, point: string, more: Partial<SurveyedMount> = {}): SurveyedMount {
  return {
    ...{ namespace, root: '/', point, readOnly: false, type: 'overlay', source: 'overlay' },
    ...more,
  };
}

function cgroup(path: string, more: Partial<SurveyedCgroup> = {}): SurveyedCgroup {
  return { path, cpuMilliseconds: 120, processes: 1, ...more };
}

const vmm = [
  ...['/usr/lib/sandglass/sandglass-vmm', '--id', sandboxId, '--machine', 'kata-template'],
  ...['--memory', '64', '--shared', shared, '--mac', '02:58:0a:58:00:05'],
].join(' ');

export const nodeWithMachine: NodeSurvey = {
  kernel: {
    release: '6.1.192',
    bootId: '2f8a2f4e-6b3e-4d5c-9a67-0a4c1f6a9f10',
    memoryTotalBytes: 256 << 20,
    memoryAvailableBytes: 171 << 20,
  },
  devices: [{ name: 'virtio0', driver: 'virtio_net', what: 'eth0' }],
  processes: [
    process(1, 'init', ofNode),
    process(510, `/usr/lib/sandglass/sandglass-shim-kata start --id ${sandboxId}`, ofNode, {
      cgroup: group,
    }),
    process(511, vmm, { ...ofNode, net: podNet }, { cgroup: group, parentPid: 510 }),
  ],
  cgroups: [
    cgroup('/'),
    cgroup('/kubepods'),
    cgroup(`/kubepods/burstable/pod${uid}`, { memoryBytes: 4 << 20, processes: 2 }),
    cgroup(group, { memoryBytes: 4 << 20, processes: 2 }),
  ],
  links: [
    link(ofNode.net, 'eth0'),
    link(ofNode.net, 'cni0', { index: 3, kind: 'bridge', addresses: ['10.88.0.1/24'] }),
    link(ofNode.net, 'veth1a2b', { index: 4, peer: 2, master: 3, kind: 'veth' }),
    link(podNet, 'tap0_kata', { index: 3, kind: 'tun' }),
    link(podNet, 'lo', { index: 1 }),
    link(podNet, 'eth0', { peer: 4, kind: 'veth', addresses: ['10.88.0.5/24'] }),
  ],
  mounts: [
    mount(ofNode.mnt, '/', { type: 'ext4' }),
    // As another mount namespace of the node has it.
    mount(8, `${shared}/${sandboxId}/rootfs`),
    mount(ofNode.mnt, `${shared}/${sandboxId}/rootfs`),
    mount(ofNode.mnt, `${shared}/${webId}/rootfs`),
    mount(ofNode.mnt, `${shared}/${webId}-00000006-token`, { type: 'tmpfs', readOnly: true }),
  ],
};

const jailed = { ...ofMachine, mnt: 21, pid: 22, cgroup: 26 };

export const machineOfNode: MachineSurvey = {
  sandboxId,
  pod: { namespace: 'default', name: 'vm', uid },
  handler: 'kata-template',
  memoryBytes: 64 << 20,
  emulator: {
    heapBytes: 98_400_000,
    instructions: 1_840_000_000,
    framesDropped: 0,
    ninepRequests: 412,
  },
  survey: {
    kernel: {
      release: '6.1.192-kata',
      bootId: '77d0c9b2-1d41-4f4e-8c55-30ad4f1d5b7e',
      memoryTotalBytes: 55 << 20,
      memoryAvailableBytes: 41 << 20,
    },
    devices: [
      { name: 'virtio0', driver: '9pnet_virtio', what: 'host9p' },
      { name: 'virtio1', driver: 'virtio_console', what: '' },
      { name: 'virtio2', driver: 'virtio_net', what: 'eth0' },
    ],
    processes: [
      process(1, '/init', ofMachine, { name: 'kata-agent', parentPid: 0 }),
      process(61, '/pause', { ...jailed, mnt: 20, pid: 23 }, { cgroup: `/${sandboxId}` }),
      process(70, 'httpd -f -p 80', jailed, { cgroup: `/${webId}`, ownPid: 1 }),
      process(75, 'httpd -i', jailed, { cgroup: `/${webId}`, ownPid: 6 }),
      process(80, '-sh', ofMachine, { name: 'sh' }),
    ],
    cgroups: [
      cgroup('/'),
      cgroup(`/${sandboxId}`, { memoryBytes: 300 << 10 }),
      cgroup(`/${webId}`, { memoryBytes: 2 << 20, memoryLimitBytes: 32 << 20, processes: 2 }),
    ],
    links: [
      link(ofMachine.net, 'lo', { index: 1 }),
      link(ofMachine.net, 'eth0', {
        addresses: ['10.88.0.5/24'],
      }),
    ],
    mounts: [
      mount(ofMachine.mnt, guestShare, { type: '9p', source: 'host9p' }),
      mount(ofMachine.mnt, '/proc', { type: 'proc', source: 'proc' }),
      mount(jailed.mnt, '/', { type: '9p', source: 'host9p', root: `/${webId}/rootfs` }),
      mount(jailed.mnt, '/proc', { type: 'proc', source: 'proc' }),
      mount(jailed.mnt, '/token', {
        ...{ type: '9p', source: 'host9p', readOnly: true, root: `/${webId}-00000006-token` },
      }),
    ],
  },
};

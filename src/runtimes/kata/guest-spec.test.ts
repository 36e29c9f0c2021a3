import { expect, it } from 'vitest';
import type { RuntimeSpec } from '#oci/runtime-spec.ts';
import { guestSpec, sharesPidNamespace } from './guest-spec.ts';
import { ContainerPaths, SandboxPaths } from './kata-paths.ts';
import { shareMounts } from './shared-mounts.ts';

const spec: RuntimeSpec = {
  ociVersion: '1.0.2',
  process: {
    user: { uid: 1000, gid: 0, additionalGids: [5] },
    args: ['sh'],
    env: ['A=b'],
    cwd: '/',
    capabilities: { bounding: ['CAP_CHOWN'], effective: [], permitted: [] },
    noNewPrivileges: true,
    oomScoreAdj: -998,
  },
  root: { path: 'rootfs', readonly: true },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid'] },
    { destination: '/dev/shm', type: 'bind', source: '/run/x/shm', options: ['rbind', 'rw'] },
    { destination: '/etc/hosts', type: 'bind', source: '/var/h', options: ['rbind', 'ro'] },
  ],
  linux: {
    namespaces: [
      { type: 'pid', path: '/proc/7/ns/pid' },
      { type: 'network', path: '/proc/7/ns/net' },
      { type: 'ipc', path: '/proc/7/ns/ipc' },
      { type: 'mount' },
    ],
    cgroupsPath: '/kubepods/burstable/pod1/cid',
    resources: { cpu: { shares: 102, quota: 5000, period: 100000 }, memory: { limit: 64 } },
    seccomp: {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['clone'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }],
    },
  },
};

const paths = new ContainerPaths('cid', new SandboxPaths('sid'));

it('leaves the network to the machine, and no path into a namespace of the node', () => {
  const { Linux } = guestSpec(spec, { rootfs: '/r', mounts: [] });
  expect(Linux?.Namespaces.map(({ Type, Path }) => `${Type}:${Path}`)).toEqual([
    'pid:',
    'ipc:',
    'mount:',
  ]);
  expect(sharesPidNamespace(spec.linux)).toBe(true);
  expect(sharesPidNamespace({ ...spec.linux, namespaces: [{ type: 'pid' }] })).toBe(false);
});

it('keeps what the process is, its limits and its filter', () => {
  const { Process, Linux, Root } = guestSpec(spec, { rootfs: '/r', mounts: [] });
  expect(Root).toMatchObject({ Path: '/r', Readonly: true });
  expect(Process).toMatchObject({
    User: { UID: 1000, GID: 0, AdditionalGids: [5] },
    NoNewPrivileges: true,
    OOMScoreAdj: -998n,
  });
  expect(Linux).toMatchObject({
    CgroupsPath: '/cid',
    Resources: {
      Memory: { Limit: 64n },
      CPU: { Shares: 102n, Quota: 5000n, Period: 100000n },
    },
    Seccomp: { Syscalls: [{ ErrnoRet: { case: 'errnoret', value: 38 } }] },
  });
});

it('shares what is bound from the node, but for shared memory, which is the machine’s', () => {
  const { mounts, shared } = shareMounts(spec.mounts, paths);
  expect(mounts.map(({ source }) => source)).toEqual([
    'proc',
    '/run/kata-containers/sandbox/shm',
    '/run/kata-containers/shared/containers/cid-00000002-hosts',
  ]);
  expect(shared).toEqual([
    {
      source: '/var/h',
      target: '/run/kata-containers/shared/sandboxes/sid/shared/cid-00000002-hosts',
      readonly: true,
    },
  ]);
});

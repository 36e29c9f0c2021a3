import { expect } from 'vitest';
import { MountPropagation } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, exec, execSync, exited, stateOf } from '../cri.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { type Spec, type SpecGroup, inPod } from './spec.ts';

const privileged = { linux: { securityContext: { privileged: true } } };

/**
 * A directory of the node in a container, then a mount in it by the node and one by the container:
 * who sees what the other has mounted?
 */
const propagates = (propagation: MountPropagation, seen: { inside: boolean; outside: boolean }) =>
  inPod(async (cri, pod) => {
    const at = `/tmp/test${pod.id}`;
    const mode =
      propagation === MountPropagation.PROPAGATION_PRIVATE ? '--make-rprivate' : '--make-rshared';
    await cri.shell(
      `mkdir -p ${at}/mnt/byNode ${at}/mnt/byContainer ${at}/source && touch ${at}/source/flag &&
       mount --rbind ${at}/mnt ${at}/mnt && mount ${mode} ${at}/mnt`,
    );
    const mounts = [{ hostPath: `${at}/mnt`, containerPath: `${at}/mnt`, propagation }];
    const id = await pod.run('top', { ...privileged, mounts });
    const { status } = await cri.runtime.containerStatus({ containerId: id, verbose: true });
    expect(status?.mounts).toMatchObject([{ ...mounts[0], readonly: false }]);

    await cri.shell(`mount --rbind ${at}/source ${at}/mnt/byNode`);
    const inside = await execSync(cri, id, ['ls', '-A', `${at}/mnt/byNode`], 30n);
    expect(inside).toEqual({ stdout: seen.inside ? 'flag\n' : '', stderr: '', exitCode: 0 });

    await exec(cri, id, `mount --bind /etc ${at}/mnt/byContainer`);
    expect((await cri.shell(`ls -A ${at}/mnt/byContainer`)) !== '').toBe(seen.outside);
    await cri.shell(`umount -l ${at}/mnt/byNode ${at}/mnt && rm -r ${at}`);
  }, privileged);

const propagation: SpecGroup = {
  name: 'Container Mount Propagation runtime should support mount propagation',
  specs: {
    "mount with 'rprivate' should not support propagation": propagates(
      MountPropagation.PROPAGATION_PRIVATE,
      { inside: false, outside: false },
    ),
    "mount with 'rshared' should support propagation from host to container and vice versa":
      propagates(MountPropagation.PROPAGATION_BIDIRECTIONAL, { inside: true, outside: true }),
    "mount with 'rslave' should support propagation from host to container": propagates(
      MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
      { inside: true, outside: false },
    ),
  },
};

/** A directory of the node with a tmpfs in it. */
function withTmpfs(work: (cri: CriNode, pod: Pod, hostPath: string) => Promise<void>): Spec {
  return inPod(async (cri, pod) => {
    const hostPath = `/tmp/test${pod.id}`;
    await cri.shell(`mkdir -p ${hostPath}/tmpfs && mount -t tmpfs none ${hostPath}/tmpfs`);
    try {
      await work(cri, pod, hostPath);
    } finally {
      await cri.shell(`umount -l ${hostPath}/tmpfs && rm -r ${hostPath}`);
    }
  }, privileged);
}

const writesBelow = (recursiveReadOnly: boolean, expected: Awaited<ReturnType<typeof execSync>>) =>
  withTmpfs(async (cri, pod, hostPath) => {
    const mount = { hostPath, containerPath: '/mnt', readonly: true, recursiveReadOnly };
    const id = await pod.run('top', { mounts: [mount] });
    const { status } = await cri.runtime.containerStatus({ containerId: id });
    expect(status?.mounts).toHaveLength(1);
    expect(await execSync(cri, id, ['touch', '/mnt/tmpfs/file'], 30n)).toEqual(expected);
  });

const rejects = (more: { readonly: boolean; propagation?: MountPropagation }) =>
  withTmpfs(async (_cri, pod, hostPath) => {
    const mount = { hostPath, containerPath: '/mnt', recursiveReadOnly: true, ...more };
    await expect(pod.create({ command: ['top'], mounts: [mount] })).rejects.toThrow(
      // The node's /tmp is private, which is told first where the mount is to propagate.
      /recursive read-only mount|is not a shared( or slave)? mount/,
    );
  });

const readOnly: SpecGroup = {
  name: 'Container Mount Readonly runtime should support readonly mounts',
  specs: {
    'should support non-recursive readonly mounts': writesBelow(false, {
      stdout: '',
      stderr: '',
      exitCode: 0,
    }),
    'should support recursive readonly mounts': writesBelow(true, {
      stdout: '',
      stderr: 'touch: /mnt/tmpfs/file: Read-only file system\n',
      exitCode: 1,
    }),
    'should reject a recursive readonly mount with PROPAGATION_HOST_TO_CONTAINER': rejects({
      readonly: true,
      propagation: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
    }),
    'should reject a recursive readonly mount with PROPAGATION_BIDIRECTIONAL': rejects({
      readonly: true,
      propagation: MountPropagation.PROPAGATION_BIDIRECTIONAL,
    }),
    'should reject a recursive readonly mount with ReadOnly: false': rejects({ readonly: false }),
  },
};

export const mounts: readonly SpecGroup[] = [propagation, readOnly];

export const outOfMemory: readonly SpecGroup[] = [
  {
    name: 'Container OOM runtime should output OOMKilled reason',
    specs: {
      'should terminate with exitCode 137 and reason OOMKilled': inPod(async (cri, pod) => {
        const limit = 15n << 20n;
        const resources = { memoryLimitInBytes: limit, memorySwapLimitInBytes: limit };
        const id = await pod.run('dd if=/dev/zero of=/dev/null bs=20M', { linux: { resources } });
        const status = await exited(cri, id);
        expect(status).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
        expect(await stateOf(cri, id)).toBe(ContainerState.CONTAINER_EXITED);
      }, privileged),
    },
  },
];

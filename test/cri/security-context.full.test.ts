import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MountPropagation,
  SecurityProfile_ProfileType,
  SupplementalGroupsPolicy,
} from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, exec, exited, podConfig, runPod, startCri } from './cri.ts';

let cri: CriNode;
let pod: Pod;
let privilegedPod: Pod;
beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
  privilegedPod = await runPod(
    cri,
    podConfig({ linux: { securityContext: { privileged: true } } }),
  );
});
afterAll(() => {
  cri.node.stop();
});

type Security = NonNullable<NonNullable<Parameters<Pod['create']>[0]['linux']>['securityContext']>;

const forever = 'while :; do sleep 100; done';

/** What a script prints in a container of this security context. */
async function output(script: string, securityContext: Security, where = pod): Promise<string> {
  const id = await where.run(forever, { linux: { securityContext } });
  try {
    return await exec(cri, id, script);
  } finally {
    await cri.runtime.removeContainer({ containerId: id });
  }
}

describe('Security Context: bucket', () => {
  it('runtime should support RunAsUser, RunAsUserName, RunAsGroup and SupplementalGroups', async () => {
    const ids = 'id -u; id -g; id -G';
    const user = { runAsUser: { value: 1001n }, supplementalGroups: [1234n, 5678n] };
    expect(await output(ids, user)).toBe('1001\n0\n0 1234 5678\n');
    expect(await output(ids, { runAsUsername: 'alice' })).toBe('1000\n1000\n1000 2000\n');
    const group = { runAsUser: { value: 1001n }, runAsGroup: { value: 1002n } };
    expect(await output(ids, group)).toBe('1001\n1002\n1002\n');
  });

  it('runtime should not add the groups of the image with SupplementalGroupsPolicy Strict', async () => {
    const strict = {
      runAsUsername: 'alice',
      supplementalGroups: [77n],
      supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict,
    };
    expect(await output('id -G', strict)).toBe('1000 77\n');
  });

  it('runtime should return error if RunAsGroup is set without RunAsUser', async () => {
    await expect(
      pod.create({ linux: { securityContext: { runAsGroup: { value: 1n } } } }),
    ).rejects.toThrow('user group "1" is specified without user');
  });

  it('runtime should support ReadOnlyRootfs', async () => {
    const touch = 'touch /file 2>/dev/null && echo wrote || echo refused';
    expect(await output(touch, {})).toBe('wrote\n');
    expect(await output(touch, { readonlyRootfs: true })).toBe('refused\n');
  });

  it('runtime should support Privileged', async () => {
    const bridge =
      'ip link add b0 type dummy 2>/dev/null; mount -t tmpfs none /mnt 2>/dev/null && echo may || echo may not';
    expect(await output(`mkdir -p /mnt; ${bridge}`, {})).toBe('may not\n');
    expect(await output(`mkdir -p /mnt; ${bridge}`, { privileged: true }, privilegedPod)).toBe(
      'may\n',
    );
    await expect(pod.create({ linux: { securityContext: { privileged: true } } })).rejects.toThrow(
      'no privileged container allowed in sandbox',
    );
  });

  it('runtime should support adding and dropping capabilities, ALL too', async () => {
    const effective = (capabilities: Security['capabilities']) =>
      output("sed -n 's/^CapEff:\\t//p' /proc/self/status", capabilities ? { capabilities } : {});
    const bits = async (capabilities: Security['capabilities']) =>
      BigInt(`0x${(await effective(capabilities)).trim()}`);
    const [netAdmin, chown] = [1n << 12n, 1n];
    const usual = await bits(undefined);
    expect(await bits({ addCapabilities: ['NET_ADMIN'] })).toBe(usual | netAdmin);
    expect(await bits({ dropCapabilities: ['CHOWN'] })).toBe(usual & ~chown);
    expect(await bits({ addCapabilities: ['ALL'] })).toBe((1n << 41n) - 1n);
    expect(await bits({ dropCapabilities: ['ALL'] })).toBe(0n);
  });

  it('runtime should support MaskedPaths and ReadonlyPaths', async () => {
    expect(await output('wc -c < /proc/cpuinfo', { maskedPaths: ['/proc/cpuinfo'] })).toBe('0\n');
    const write =
      'echo 1 > /proc/sys/kernel/shm_rmid_forced 2>/dev/null && echo wrote || echo refused';
    expect(await output(write, { readonlyPaths: ['/proc/sys'] })).toBe('refused\n');
  });
});

describe('Security Context: seccomp', () => {
  const setHostname = 'hostname other 2>/dev/null && echo may || echo may not';
  const administrator = { capabilities: { addCapabilities: ['SYS_ADMIN'] } };
  const mode = "sed -n 's/^Seccomp:\\t//p' /proc/self/status";

  it('should support seccomp unconfined, default and nil profile on the container', async () => {
    const profile = (profileType: SecurityProfile_ProfileType) => ({ seccomp: { profileType } });
    const { Unconfined, RuntimeDefault } = SecurityProfile_ProfileType;
    expect(await output(mode, profile(Unconfined))).toBe('0\n');
    expect(await output(mode, profile(RuntimeDefault))).toBe('2\n');
    expect(await output(mode, {})).toBe('0\n');
  });

  it('should support seccomp localhost profile, which blocks setting hostname with SYS_ADMIN', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['sethostname'], action: 'SCMP_ACT_ERRNO' }],
    };
    await cri.node.running.agent.files.write('/tmp/profile.json', JSON.stringify(profile));
    const seccomp = {
      profileType: SecurityProfile_ProfileType.Localhost,
      localhostRef: '/tmp/profile.json',
    };
    expect(await output(setHostname, administrator)).toBe('may\n');
    expect(await output(setHostname, { ...administrator, seccomp })).toBe('may not\n');
    expect(await output(setHostname, { privileged: true, seccomp }, privilegedPod)).toBe('may\n');
  });

  it('AppArmor, which the kernel has not, is refused', async () => {
    const apparmor = { profileType: SecurityProfile_ProfileType.RuntimeDefault };
    await expect(pod.create({ linux: { securityContext: { apparmor } } })).rejects.toThrow(
      'apparmor is not supported',
    );
  });
});

describe('NoNewPrivs', () => {
  it('should not allow privilege escalation when true', async () => {
    const flag = "sed -n 's/^NoNewPrivs:\\t//p' /proc/self/status";
    expect(await output(flag, { noNewPrivs: true })).toBe('1\n');
    expect(await output(flag, { noNewPrivs: false })).toBe('0\n');
  });
});

describe('mounts', () => {
  const volume = { hostPath: '/tmp/shared', containerPath: '/volume' };

  it("mount with 'rprivate', 'rshared' and 'rslave' should propagate accordingly", async () => {
    await cri.shell(
      'mkdir -p /tmp/shared && mount --bind /tmp/shared /tmp/shared && mount --make-rshared /tmp/shared',
    );
    const seen: Record<string, boolean[]> = {};
    for (const [name, propagation] of Object.entries(MountPropagation)) {
      const id = await privilegedPod.run(forever, {
        mounts: [{ ...volume, propagation }],
        linux: { securityContext: { privileged: true } },
      });
      await cri.shell(
        'mkdir -p /tmp/shared/node && mount -t tmpfs node /tmp/shared/node && touch /tmp/shared/node/file',
      );
      await exec(
        cri,
        id,
        'mkdir -p /volume/inside && mount -t tmpfs inside /volume/inside && touch /volume/inside/file',
      );
      seen[name] = [
        (await exec(cri, id, 'ls /volume/node')) !== '',
        (await cri.shell('ls /tmp/shared/inside')) !== '',
      ];
      await cri.shell('umount /tmp/shared/node');
      await exec(cri, id, 'umount /volume/inside');
      await cri.runtime.removeContainer({ containerId: id });
    }
    expect(seen).toEqual({
      PROPAGATION_PRIVATE: [false, false],
      PROPAGATION_HOST_TO_CONTAINER: [true, false],
      PROPAGATION_BIDIRECTIONAL: [true, true],
    });
  });

  it('should support non-recursive and recursive readonly mounts', async () => {
    await cri.shell('mkdir -p /tmp/ro/sub && mount -t tmpfs sub /tmp/ro/sub');
    const attempt = async (recursiveReadOnly: boolean) => {
      const id = await pod.run(forever, {
        mounts: [{ hostPath: '/tmp/ro', containerPath: '/ro', readonly: true, recursiveReadOnly }],
      });
      const write = (path: string) =>
        exec(cri, id, `touch ${path}/file 2>/dev/null && echo wrote || echo refused`);
      const result = [await write('/ro'), await write('/ro/sub')];
      await cri.runtime.removeContainer({ containerId: id });
      return result;
    };
    expect(await attempt(false)).toEqual(['refused\n', 'wrote\n']);
    expect(await attempt(true)).toEqual(['refused\n', 'refused\n']);
    expect(
      (await cri.runtime.status({})).runtimeHandlers[0]?.features?.recursiveReadOnlyMounts,
    ).toBe(true);
  });

  it('should reject a recursive readonly mount with propagation or ReadOnly: false', async () => {
    const create = (more: { readonly: boolean; propagation?: MountPropagation }) =>
      pod.create({ mounts: [{ ...volume, recursiveReadOnly: true, ...more }] });
    await expect(create({ readonly: false })).rejects.toThrow('conflicts with RW mount');
    for (const propagation of [
      MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
      MountPropagation.PROPAGATION_BIDIRECTIONAL,
    ]) {
      await expect(create({ readonly: true, propagation })).rejects.toThrow('private propagation');
    }
  });
});

describe('the handler runc', () => {
  it('runs a container as crun does', async () => {
    const runcPod = await runPod(cri, podConfig(), 'runc');
    const id = await runcPod.run('echo by runc; exit 4');
    expect(await exited(cri, id)).toMatchObject({ exitCode: 4 });
    expect(await runcPod.log(id)).toEqual(['stdout F by runc']);
    await runcPod.remove();
    expect(await cri.shell('ls /run/runc')).toBe('');
  });

  it('is one of those that there are', async () => {
    await expect(runPod(cri, podConfig(), 'nope')).rejects.toThrow(
      'no runtime for "nope" is configured',
    );
  });
});

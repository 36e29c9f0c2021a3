import { expect } from 'vitest';
import { SecurityProfile_ProfileType as ProfileType } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, execSync } from '../cri.ts';
import { type Spec, type SpecGroup, inPod } from './spec.ts';

/** A profile on the node that denies these system calls and nothing else. */
async function denying(cri: CriNode, pod: Pod, names: string[]) {
  const localhostRef = `/tmp/seccomp-${pod.id}.json`;
  const syscalls = [{ names, action: 'SCMP_ACT_ERRNO' }];
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
  await cri.node.running.agent.files.write(localhostRef, JSON.stringify(profile));
  return { profileType: ProfileType.Localhost, localhostRef };
}

/** The mode of a process's filter, proc_pid_status(5). */
const mode = (profile: { profileType: ProfileType } | undefined, expected: string): Spec => {
  const linux = { securityContext: profile ? { seccomp: profile } : {} };
  return inPod(
    async (cri, pod) => {
      const id = await pod.run('top', { linux });
      const said = await execSync(cri, id, ['grep', 'Seccomp:', '/proc/self/status'], 30n);
      expect(said).toEqual({ stdout: `Seccomp:\t${expected}\n`, stderr: '', exitCode: 0 });
    },
    { linux },
  );
};

async function setsHostname(cri: CriNode, id: string): Promise<boolean> {
  const { exitCode } = await execSync(cri, id, ['hostname', 'ANewHostName'], 30n);
  return exitCode === 0;
}

const administrator = { capabilities: { addCapabilities: ['SYS_ADMIN'] } };

export const seccomp: SpecGroup = {
  name: 'Security Context SeccompProfilePath',
  specs: {
    'should support seccomp unconfined on the container': mode(
      { profileType: ProfileType.Unconfined },
      '0',
    ),

    'should support seccomp localhost profile on the container': inPod(async (cri, pod) => {
      const profile = await denying(cri, pod, ['chmod', 'fchmodat']);
      const linux = { securityContext: { seccomp: profile } };
      const id = await pod.run('top', { linux });
      const { exitCode, stderr } = await execSync(cri, id, ['chmod', '400', '/'], 30n);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Operation not permitted')]);
    }),

    'should support seccomp default on the container': mode(
      { profileType: ProfileType.RuntimeDefault },
      '2',
    ),

    'should support nil profile, which is unconfined': mode(undefined, '0'),

    'runtime should not block setting host name with unconfined seccomp and SYS_ADMIN': inPod(
      async (cri, pod) => {
        const profile = { profileType: ProfileType.Unconfined };
        const linux = { securityContext: { ...administrator, seccomp: profile } };
        expect(await setsHostname(cri, await pod.run('sleep 60', { linux }))).toBe(true);
      },
    ),

    'runtime should support an seccomp profile that blocks setting hostname with SYS_ADMIN': inPod(
      async (cri, pod) => {
        const profile = await denying(cri, pod, ['sethostname']);
        const linux = { securityContext: { ...administrator, seccomp: profile } };
        expect(await setsHostname(cri, await pod.run('sleep 60', { linux }))).toBe(false);
      },
    ),

    'runtime should ignore a seccomp profile that blocks setting hostname when privileged': inPod(
      async (cri, pod) => {
        const profile = await denying(cri, pod, ['sethostname']);
        const linux = { securityContext: { privileged: true, seccomp: profile } };
        expect(await setsHostname(cri, await pod.run('sleep 60', { linux }))).toBe(true);
      },
      { linux: { securityContext: { privileged: true } } },
    ),
  },
};

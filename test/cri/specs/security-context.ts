import { expect } from 'vitest';
import { SupplementalGroupsPolicy } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, execSync, exited } from '../cri.ts';
import { namespaces } from './namespaces.ts';
import { seccomp } from './seccomp.ts';
import { type Spec, type SpecGroup, inPod } from './spec.ts';

export type Security = NonNullable<
  NonNullable<Parameters<Pod['create']>[0]['linux']>['securityContext']
>;

/** A container of this security context that runs in a pod of its own. */
export const inContainer = (
  securityContext: Security,
  work: (cri: CriNode, containerId: string, pod: Pod) => Promise<void>,
): Spec =>
  inPod(
    async (cri, pod) => {
      const id = await pod.run('top', { linux: { securityContext } });
      await work(cri, id, pod);
    },
    { linux: { securityContext: { privileged: securityContext.privileged ?? false } } },
  );

/** What a command says there. */
const says = (securityContext: Security, cmd: string[], stdout: string) =>
  inContainer(securityContext, async (cri, id) => {
    expect(await execSync(cri, id, cmd, 30n)).toEqual({ stdout, stderr: '', exitCode: 0 });
  });

/** How a command fails there. */
const fails = (securityContext: Security, cmd: string[], stderr: string) =>
  inContainer(securityContext, async (cri, id) => {
    const said = await execSync(cri, id, cmd, 30n);
    expect(said.exitCode).not.toBe(0);
    expect(said.stderr).toBe(stderr);
  });

/** What a container of this security context logs until its end. */
const logs = (securityContext: Security, script: string, lines: string[], more = {}) =>
  inPod(async (cri, pod) => {
    const id = await pod.run(script, { linux: { securityContext }, ...more });
    await exited(cri, id);
    expect(await pod.log(id)).toEqual(lines);
  });

/** Whether it may make a bridge, which takes CAP_NET_ADMIN. */
async function managesNetwork(cri: CriNode, id: string): Promise<boolean> {
  const { exitCode, stderr } = await execSync(cri, id, ['brctl', 'addbr', 'foobar'], 30n);
  if (exitCode !== 0) expect(stderr).toContain('Operation not permitted');
  return exitCode === 0;
}

const privileged = (yes: boolean) =>
  inContainer({ privileged: yes }, async (cri, id) => {
    expect(await managesNetwork(cri, id)).toBe(yes);
  });

/** Its bounding set, in hexadecimal. */
const bounding = (capabilities: NonNullable<Security['capabilities']>, expected: RegExp) =>
  inContainer({ capabilities }, async (cri, id) => {
    const { stdout, exitCode } = await execSync(cri, id, ['cat', '/proc/self/status'], 30n);
    expect(exitCode).toBe(0);
    expect(/^CapBnd:\t([0-9a-f]{16})$/m.exec(stdout)?.[1]).toMatch(expected);
  });

const readOnlyRoot = (readonlyRootfs: boolean, line: string) =>
  logs({ readonlyRootfs }, "touch test.go && [ -f test.go ] && echo 'Found'", [line]);

const bucket: SpecGroup = {
  name: 'Security Context bucket',
  specs: {
    'runtime should support SupplementalGroups': inContainer(
      { supplementalGroups: [1234n, 5678n] },
      async (cri, id) => {
        const { stdout } = await execSync(cri, id, ['id', '-G'], 30n);
        expect(stdout.trim().split(' ')).toEqual(expect.arrayContaining(['1234', '5678']));
      },
    ),
    'runtime should support RunAsUser': says(
      { runAsUser: { value: 1001n } },
      ['id', '-u'],
      '1001\n',
    ),
    'runtime should support RunAsUserName': says(
      { runAsUsername: 'nobody' },
      ['id', '-nu'],
      'nobody\n',
    ),
    'runtime should support RunAsGroup': logs(
      { runAsUser: { value: 1001n }, runAsGroup: { value: 1002n } },
      'echo $(id -u):$(id -g)',
      ['stdout F 1001:1002'],
    ),
    'runtime should return error if RunAsGroup is set without RunAsUser': inPod(
      async (_cri, pod) => {
        const securityContext = { runAsGroup: { value: 1002n } };
        await expect(pod.create({ linux: { securityContext } })).rejects.toThrow(
          'user group "1002" is specified without user',
        );
      },
    ),
    'runtime should support that ReadOnlyRootfs is false': readOnlyRoot(false, 'stdout F Found'),
    'runtime should support that ReadOnlyRootfs is true': readOnlyRoot(
      true,
      'stderr F touch: test.go: Read-only file system',
    ),
    'runtime should support Privileged is true': privileged(true),
    'runtime should support Privileged is false': privileged(false),

    'runtime should support adding capability': inPod(async (cri, pod) => {
      const capabilities = { addCapabilities: ['NET_ADMIN'] };
      const may = await pod.run('top', { linux: { securityContext: { capabilities } } });
      expect(await managesNetwork(cri, may)).toBe(true);
      expect(await managesNetwork(cri, await pod.start())).toBe(false);
    }),
    'runtime should support dropping capability': inContainer(
      { capabilities: { dropCapabilities: ['NET_RAW'] } },
      async (cri, id) => {
        const { exitCode, stderr } = await execSync(cri, id, ['ping', '127.0.0.1'], 30n);
        expect([exitCode, stderr]).toEqual([1, expect.stringContaining('permission denied')]);
      },
    ),
    'runtime should support adding ALL capabilities': bounding(
      { addCapabilities: ['ALL'] },
      /^000001ffffffffff$/,
    ),
    'runtime should support dropping ALL capabilities': bounding(
      { dropCapabilities: ['ALL'] },
      /^0{16}$/,
    ),
    'runtime should support MaskedPaths': fails(
      { maskedPaths: ['/bin/ls'] },
      ['/bin/sh', '-c', 'ls'],
      '/bin/sh: ls: Permission denied\n',
    ),
    'runtime should support ReadonlyPaths': fails(
      { readonlyPaths: ['/tmp'] },
      ['touch', '/tmp/test'],
      'touch: /tmp/test: Read-only file system\n',
    ),
  },
};

const predefinedGroup = 'gcr.io/k8s-staging-cri-tools/test-image-predefined-group';

/** The groups of a container's first process, of one that is run in it, and as its status tells them. */
const groups = (supplementalGroupsPolicy: SupplementalGroupsPolicy, expected: bigint[]) =>
  inPod(async (cri, pod) => {
    const securityContext = {
      runAsUser: { value: 1000n },
      supplementalGroups: [1234n],
      supplementalGroupsPolicy,
    };
    const id = await pod.run('id -G; sleep infinity', {
      image: { image: predefinedGroup },
      linux: { securityContext },
    });
    const { status } = await cri.runtime.containerStatus({ containerId: id });
    const { uid, gid, supplementalGroups = [] } = status?.user?.linux ?? {};
    expect([uid, gid]).toEqual([1000n, 1000n]);
    expect(supplementalGroups.toSorted((a, b) => Number(a - b))).toEqual(expected);
    expect(await pod.firstLine(id)).toBe(`stdout F ${expected.join(' ')}`);
    const { stdout } = await execSync(cri, id, ['id', '-G'], 30n);
    expect(stdout).toBe(`${expected.join(' ')}\n`);
  });

const supplementalGroups: readonly SpecGroup[] = [
  {
    name: 'Security Context SupplementalGroupsPolicy when SupplementalGroupsPolicy=Merge (Default)',
    specs: {
      "if the container's primary UID belongs to some groups in the image, runtime should add SupplementalGroups to them":
        groups(SupplementalGroupsPolicy.Merge, [1000n, 1234n, 50_000n]),
    },
  },
  {
    name: 'Security Context SupplementalGroupsPolicy when SupplementalGroupsPolicy=Strict',
    specs: {
      "even if the container's primary UID belongs to some groups in the image, runtime should not add SupplementalGroups to them":
        groups(SupplementalGroupsPolicy.Strict, [1000n, 1234n]),
    },
  },
];

/** As whom a set-user-id program of root's runs. */
const escalates = (noNewPrivs: boolean, uid: number) =>
  inPod(async (cri, pod) => {
    const id = await pod.start({
      image: { image: 'registry.k8s.io/e2e-test-images/nonewprivs:1.3' },
      linux: { securityContext: { noNewPrivs, runAsUser: { value: 1000n } } },
    });
    await exited(cri, id);
    expect(await pod.log(id)).toEqual([`stdout F Effective uid: ${uid}`]);
  });

const noNewPrivs: SpecGroup = {
  name: 'Security Context NoNewPrivs',
  specs: {
    'should not allow privilege escalation when true': escalates(true, 1000),
    'should allow privilege escalation when false': escalates(false, 0),
  },
};

export const securityContext: readonly SpecGroup[] = [
  ...namespaces,
  bucket,
  ...supplementalGroups,
  seccomp,
  noNewPrivs,
];

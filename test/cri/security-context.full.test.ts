import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NamespaceMode, SecurityProfile_ProfileType } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, exec, exited, podConfig, runPod, startCri } from './cri.ts';
import { securityContext } from './specs/security-context.ts';
import { testSpecs } from './specs/spec.ts';

let cri: CriNode;
let pod: Pod;
beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
});
afterAll(() => {
  cri.node.stop();
});

testSpecs(securityContext, () => cri);

describe('a security context', () => {
  it('that is privileged is refused in a sandbox that is not', async () => {
    await expect(pod.create({ linux: { securityContext: { privileged: true } } })).rejects.toThrow(
      'no privileged container allowed in sandbox',
    );
  });

  it('adds and drops just the capabilities that it names', async () => {
    const effective = async (capabilities: object) => {
      const id = await pod.run('top', { linux: { securityContext: { capabilities } } });
      const text = await exec(cri, id, "sed -n 's/^CapEff:\\t//p' /proc/self/status");
      return BigInt(`0x${text.trim()}`);
    };
    const [netAdmin, chown] = [1n << 12n, 1n];
    const usual = await effective({});
    expect(await effective({ addCapabilities: ['NET_ADMIN'] })).toBe(usual | netAdmin);
    expect(await effective({ dropCapabilities: ['CHOWN'] })).toBe(usual & ~chown);
  });

  it('with AppArmor, which the kernel has not, is refused', async () => {
    const apparmor = { profileType: SecurityProfile_ProfileType.RuntimeDefault };
    await expect(pod.create({ linux: { securityContext: { apparmor } } })).rejects.toThrow(
      'apparmor is not supported',
    );
  });

  it('with a user namespace, which the node cannot map, is refused', async () => {
    const namespaceOptions = { usernsOptions: { mode: NamespaceMode.POD } };
    const config = podConfig({ linux: { securityContext: { namespaceOptions } } });
    await expect(runPod(cri, config)).rejects.toMatchObject({ code: 12 });
    const { runtimeHandlers } = await cri.runtime.status({});
    expect(runtimeHandlers.map(({ features }) => features?.userNamespaces)).not.toContain(true);
  });

  it('on the node’s processes leaves none of a container behind', async () => {
    const linux = { securityContext: { namespaceOptions: { pid: NamespaceMode.NODE } } };
    const host = await runPod(cri, podConfig({ linux }));
    const id = await host.run('sleep 777 & top', { linux });
    await cri.runtime.stopContainer({ containerId: id, timeout: 0n });
    // What it left behind does not die with a namespace; the shim sees to it.
    await cri.shell('while pgrep -f "^sleep 777$" >/dev/null; do sleep 0.1; done');
    await host.remove();
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

  it('makes its sandbox under the default seccomp profile, as the kubelet asks for', async () => {
    const seccomp = { profileType: SecurityProfile_ProfileType.RuntimeDefault };
    const linux = { securityContext: { seccomp } };
    const runcPod = await runPod(cri, podConfig({ linux }), 'runc');
    const id = await runcPod.run('grep ^Seccomp: /proc/self/status', { linux });
    expect(await exited(cri, id)).toMatchObject({ exitCode: 0 });
    expect(await runcPod.log(id)).toEqual(['stdout F Seccomp:\t2']);
    await runcPod.remove();
  });

  it('is one of those that there are', async () => {
    await expect(runPod(cri, podConfig(), 'nope')).rejects.toThrow(
      /^\[unknown\] unable to get OCI runtime for sandbox "\w+": no runtime for "nope" is configured$/,
    );
  });
});

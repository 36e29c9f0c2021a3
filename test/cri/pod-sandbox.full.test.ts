import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriNode, podConfig, runPod, startCri } from './cri.ts';
import { idempotence, podSandbox, runtimeInfo } from './specs/pod-sandbox.ts';
import { testSpecs } from './specs/spec.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

testSpecs([...podSandbox, ...idempotence, ...runtimeInfo], () => cri);

describe('a sandbox', () => {
  it('refuses a second sandbox of the same name', async () => {
    const config = podConfig();
    const pod = await runPod(cri, config);
    await expect(runPod(cri, config)).rejects.toThrow(`is reserved for "${pod.id}"`);
    await pod.remove();
  });

  it('becomes not ready when pause is killed', async () => {
    const pod = await runPod(cri);
    const events = cri.runtime.getContainerEvents({})[Symbol.asyncIterator]();
    const next = events.next();
    const { info } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id, verbose: true });
    const { pid } = JSON.parse(info['info'] ?? '') as { pid: number };
    await cri.shell(`kill -9 ${pid}`);
    const event = (await next).value as { containerId: string };
    expect(event.containerId).toBe(pod.id);
    const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id });
    expect(status?.state).toBe(PodSandboxState.SANDBOX_NOTREADY);
    await pod.remove();
    await events.return?.();
    expect(await cri.shell('ls /run/netns; ip -o link | grep veth || true')).toBe('');
  });

  it('leaves nothing behind when its network cannot be made', async () => {
    await cri.shell('mv /etc/cni/net.d /etc/cni/net.off; mkdir /etc/cni/net.d');
    await cri.stop();
    await cri.start();
    await expect(runPod(cri)).rejects.toThrow('cni plugin not initialized');
    const { status } = await cri.runtime.status({});
    expect(status?.conditions.find(({ type }) => type === 'NetworkReady')?.status).toBe(false);
    await cri.shell('rmdir /etc/cni/net.d; mv /etc/cni/net.off /etc/cni/net.d');
    expect(
      await cri.shell('ls /run/netns /run/sandglass/tasks /run/sandglass/sandboxes'),
    ).not.toMatch(/[0-9a-f]{32}/);
  });
});

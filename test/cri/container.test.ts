import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContainerState, PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriNode, exec, exited, runPod, startCri } from './cri.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

describe('Container', () => {
  it('runtime should support a container from its creation to its removal', async () => {
    const pod = await runPod(cri);
    const { status: sandbox } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id });
    expect(sandbox?.state).toBe(PodSandboxState.SANDBOX_READY);
    expect(sandbox?.network?.ip).toMatch(/^10\.244\.0\.\d+$/);

    const id = await pod.run(
      'echo hello; echo oops >&2; trap "exit 3" TERM; while :; do sleep 1; done',
    );
    const running = await cri.runtime.containerStatus({ containerId: id });
    expect(running.status?.state).toBe(ContainerState.CONTAINER_RUNNING);
    expect(await exec(cri, id, 'hostname; echo $IMAGE')).toBe(
      `${pod.config.hostname ?? ''}\nbusybox\n`,
    );

    await cri.runtime.stopContainer({ containerId: id, timeout: 30n });
    expect(await exited(cri, id)).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(await pod.log(id)).toEqual(['stdout F hello', 'stderr F oops']);

    await cri.runtime.removeContainer({ containerId: id });
    const { containers } = await cri.runtime.listContainers({ filter: { id } });
    expect(containers).toEqual([]);
    await pod.remove();
    expect(
      await cri.shell('ls /run/netns /run/sandglass/tasks /sys/fs/cgroup/sandglass -d1'),
    ).not.toContain(pod.id);
    expect(await cri.shell('ip -o link | grep -c veth || true')).toBe('0\n');
    expect(await cri.shell('grep -c -e overlay -e shm\\ /run /proc/mounts || true')).toBe('0\n');
  });
});

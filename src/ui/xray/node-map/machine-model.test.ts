import { describe, expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import { machineOfNode, nodeWithMachine, sandboxId, webId } from '#ui/testing/fake-machine-pod.ts';
import { mapMachine } from './machine-model.ts';
import { mapNode } from './node-model.ts';

const pod = {
  metadata: { uid: machineOfNode.pod?.uid, name: 'vm', namespace: 'default' },
  status: { containerStatuses: [{ name: 'server', containerID: `containerd://${webId}` }] },
} as unknown as Pod;

const mapped = mapMachine(machineOfNode, nodeWithMachine, [pod]);

describe('a pod that is a virtual machine', () => {
  it('has on the node a shim and a VMM, and what leads to the machine', () => {
    const { processes, links, port, cgroup, shared, kernel } = mapped.host;
    expect(processes.map(({ pid, name }) => [pid, name])).toEqual([
      [510, 'sandglass-shim-'],
      [511, 'sandglass-vmm'],
    ]);
    expect(links.map(({ name }) => name)).toEqual(['eth0', 'tap0_kata']);
    expect(port?.name).toBe('veth1a2b');
    expect(cgroup?.memoryBytes).toBe(4 << 20);
    expect(shared.map(({ path, type }) => [path, type])).toEqual([
      [`${sandboxId}/rootfs`, 'overlay'],
      [`${webId}/rootfs`, 'overlay'],
      [`${webId}-00000006-token`, 'tmpfs'],
    ]);
    expect(kernel.bootId).not.toBe(mapped.guest?.kernel.bootId);
  });

  it('has in the machine an agent, and the containers under their names', () => {
    const { guest } = mapped;
    expect(guest?.agent?.name).toBe('kata-agent');
    expect(guest?.containers.map(({ name, processes }) => [name, processes.length])).toEqual([
      ['pause', 1],
      ['server', 2],
    ]);
    expect(guest?.processes.map(({ name }) => name)).toEqual(['sh']);
    expect(guest?.mounts.map(({ type, point }) => [type, point])).toEqual([
      ['9p', '/run/kata-containers/shared/containers'],
    ]);
    expect(guest?.containers[1]?.mounts.map(({ point }) => point)).toEqual(['/', '/token']);
    expect(guest?.links.map(({ name }) => name)).toEqual(['eth0']);
  });

  it('has no process on both sides', () => {
    const { host, guest } = mapped;
    const inside = [guest?.agent, ...(guest?.processes ?? [])]
      .concat(guest?.containers.flatMap(({ processes }) => processes))
      .map((process) => process?.commandLine);
    expect(inside).toHaveLength(machineOfNode.survey?.processes.length ?? 0);
    for (const { commandLine } of host.processes) expect(inside).not.toContain(commandLine);
  });

  it('is said to be on the pod’s network, not on the node’s, by its VMM', () => {
    const [onNode] = mapNode(nodeWithMachine, [pod]).pods;
    expect(onNode?.link?.name).toBe('eth0');
    expect(onNode?.port?.name).toBe('veth1a2b');
    expect(onNode?.containers.map(({ name }) => name)).toEqual(['shim, VMM']);
  });

  it('is named by the trace when the API has it no more, and shown while it does not answer', () => {
    const { survey: _survey, ...silent } = machineOfNode;
    const gone = mapMachine(silent, nodeWithMachine, []);
    expect(gone.name).toBe('vm');
    expect(gone.guest).toBeUndefined();
    expect(gone.host.processes).toHaveLength(2);
  });
});

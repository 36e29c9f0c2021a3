import type { AgentClient } from '#guest/agent-client.ts';
import type { NodeFacts } from '#kubelet/ports.ts';
import { readDiskUsage } from './node-usage.ts';

/** What the node says of itself in its own files. */
export async function readNodeFacts(
  agent: AgentClient,
  address: string,
  signal?: AbortSignal,
): Promise<NodeFacts> {
  const options = signal ? { signal } : {};
  const text = (path: string) => agent.files.readText(path, options);
  const { kernel, hostname, memory } = await agent.system.facts(signal);
  const [machineId, bootId, release, online, disk] = await Promise.all([
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    text('/sys/devices/system/cpu/online'),
    readDiskUsage(agent, signal),
  ]);
  return {
    address,
    hostname,
    cpus: parseCpuList(online.trim()).map((cpu) => ({ cpu, core: cpu, socket: 0, numaNode: 0 })),
    memoryBytes: memory.total,
    storageBytes: disk.total,
    machineId: machineId.trim(),
    // A PC tells it by SMBIOS, which v86 has not: upstream then takes the machine-id as well.
    systemUuid: machineId.trim(),
    bootId: bootId.trim(),
    kernelVersion: kernel.release,
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'Linux',
    architecture: '386',
  };
}

/** cpuset(7), list format: `0-2,5`. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

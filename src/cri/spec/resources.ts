import type { LinuxContainerResources } from '#kube/cri/api_pb.ts';
import type { ResourcesSpec } from '#oci/runtime-spec.ts';

/** Device nodes that any container may use (containerd, pkg/oci, WithDefaultUnixDevices). */
const usualDevices: readonly (readonly [major: number, minor?: number])[] = [
  [1, 3], // null
  [1, 5], // zero
  [1, 7], // full
  [1, 8], // random
  [1, 9], // urandom
  [5, 0], // tty
  [5, 1], // console
  [5, 2], // ptmx
  [136], // pts/*
];

export const usualDeviceRules: NonNullable<ResourcesSpec['devices']> = [
  { allow: false, access: 'rwm' },
  ...usualDevices.map(([major, minor]) => ({
    allow: true,
    type: 'c',
    major,
    ...(minor !== undefined && { minor }),
    access: 'rwm',
  })),
];

/** What is 0 or empty stays as the kernel has it. Swap is not limited: the kernel has none. */
export function resourcesOf(wanted: LinuxContainerResources | undefined): ResourcesSpec {
  if (!wanted) return {};
  const cpu = {
    ...(wanted.cpuShares !== 0n && { shares: Number(wanted.cpuShares) }),
    ...(wanted.cpuQuota !== 0n && { quota: Number(wanted.cpuQuota) }),
    ...(wanted.cpuPeriod !== 0n && { period: Number(wanted.cpuPeriod) }),
    ...(wanted.cpusetCpus !== '' && { cpus: wanted.cpusetCpus }),
    ...(wanted.cpusetMems !== '' && { mems: wanted.cpusetMems }),
  };
  const limit = Number(wanted.memoryLimitInBytes);
  return {
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(limit !== 0 && { memory: { limit } }),
    ...(Object.keys(wanted.unified).length > 0 && { unified: { ...wanted.unified } }),
  };
}

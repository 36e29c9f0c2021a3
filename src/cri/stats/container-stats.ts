import { create } from '@bufbuild/protobuf';
import { SandglassError } from '#base/errors.ts';
import {
  type ContainerStats,
  ContainerStatsSchema,
  ContainerState,
  type CpuUsage,
  CpuUsageSchema,
  type MemoryUsage,
  MemoryUsageSchema,
} from '#kube/cri/api_pb.ts';
import { type ContainerRecord, containerDirectory, stateOf } from '#cri/container-record.ts';
import type { CriContext } from '#cri/context.ts';
import { type DirectoryUsage, directoryUsage } from '#cri/node-helper.ts';
import { type CgroupStats, workingSet } from '#runtimes/cgroup-stats.ts';

/** The file system that writable layers are on. */
export const containersMountpoint = '/var/lib/sandglass/containers';

/** Of each, in order; one that does not run has but its files. */
export async function containerStats(
  context: CriContext,
  containers: readonly ContainerRecord[],
): Promise<ContainerStats[]> {
  const layers = containers.map(({ id }) => containerDirectory(id));
  const [usages, cgroups] = await Promise.all([
    directoryUsage(context.agent, layers),
    Promise.all(containers.map(statsOf)),
  ]);
  return containers.map((container, i) => describe(context, container, usages[i], cgroups[i]));
}

/** Of one that must run (containerd, internal/cri/server/container_stats.go). */
export async function runningStats(
  context: CriContext,
  container: ContainerRecord,
): Promise<ContainerStats> {
  const running = stateOf(container) === ContainerState.CONTAINER_RUNNING;
  const [stats] = running ? await containerStats(context, [container]) : [];
  if (stats) return stats;
  throw new SandglassError('unknown', 'unexpected metrics response: []');
}

/** Undefined of one that does not run. */
export async function statsOf(container: ContainerRecord): Promise<CgroupStats | undefined> {
  if (stateOf(container) !== ContainerState.CONTAINER_RUNNING) return undefined;
  return container.task?.stats();
}

function describe(
  context: CriContext,
  { id, config }: ContainerRecord,
  usage: DirectoryUsage | undefined,
  cgroup: CgroupStats | undefined,
): ContainerStats {
  const timestamp = context.now();
  return create(ContainerStatsSchema, {
    attributes: {
      id,
      labels: config.labels,
      annotations: config.annotations,
      ...(config.metadata && { metadata: config.metadata }),
    },
    ...(cgroup && {
      cpu: cpuUsage(context, id, cgroup),
      memory: memoryUsage(timestamp, cgroup),
    }),
    writableLayer: {
      timestamp,
      fsId: { mountpoint: containersMountpoint },
      usedBytes: { value: usage?.bytes ?? 0n },
      inodesUsed: { value: usage?.inodes ?? 0n },
    },
  });
}

export function cpuUsage(context: CriContext, id: string, { cpu }: CgroupStats): CpuUsage {
  const rate = context.cpuRates.observe(id, cpu.usage, context.clock.now());
  return create(CpuUsageSchema, {
    timestamp: context.now(),
    usageCoreNanoSeconds: { value: cpu.usage },
    ...(rate !== undefined && { usageNanoCores: { value: rate } }),
  });
}

export function memoryUsage(timestamp: bigint, cgroup: CgroupStats): MemoryUsage {
  const { usage, limit, stat } = cgroup.memory;
  const used = workingSet(cgroup);
  const value = (name: string) => ({ value: stat.get(name) ?? 0n });
  return create(MemoryUsageSchema, {
    timestamp,
    workingSetBytes: { value: used },
    availableBytes: { value: limit !== undefined && limit > used ? limit - used : 0n },
    usageBytes: { value: usage },
    rssBytes: value('anon'),
    pageFaults: value('pgfault'),
    majorPageFaults: value('pgmajfault'),
  });
}

import type { CgroupStats } from '#runtimes/cgroup-stats.ts';
import type { StatsContainerResponse } from './agent_pb.ts';

/** What it says of memory.max and pids.max that are `max`, if not 0. */
const unlimited = 0xffff_ffff_ffff_ffffn;

/** What the agent says of a container's cgroup in the machine. */
export function guestStats({ cgroupStats }: StatsContainerResponse): CgroupStats {
  const { cpuStats, memoryStats, pidsStats } = cgroupStats ?? {};
  const { cpuUsage, throttlingData } = cpuStats ?? {};
  const memory = memoryStats?.usage;
  return {
    cpu: {
      usage: cpuUsage?.totalUsage ?? 0n,
      user: cpuUsage?.usageInUsermode ?? 0n,
      system: cpuUsage?.usageInKernelmode ?? 0n,
      periods: throttlingData?.periods ?? 0n,
      throttled: throttlingData?.throttledPeriods ?? 0n,
      throttledTime: throttlingData?.throttledTime ?? 0n,
    },
    memory: {
      usage: memory?.usage ?? 0n,
      limit: limitOf(memory?.limit),
      peak: memory?.maxUsage ?? 0n,
      stat: new Map(Object.entries(memoryStats?.stats ?? {})),
      oomKills: memory?.failcnt ?? 0n,
    },
    pids: { current: pidsStats?.current ?? 0n, limit: limitOf(pidsStats?.limit) },
  };
}

function limitOf(number = 0n): bigint | undefined {
  return number === 0n || number === unlimited ? undefined : number;
}

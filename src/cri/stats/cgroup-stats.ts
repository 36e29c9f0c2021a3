import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

/** What a cgroup of version 2 says of itself (Documentation/admin-guide/cgroup-v2.rst). */
export interface CgroupStats {
  cpu: {
    usage: bigint;
    user: bigint;
    system: bigint;
    periods: bigint;
    throttled: bigint;
    throttledTime: bigint;
  };
  memory: {
    usage: bigint;
    /** Undefined if there is none. */
    limit: bigint | undefined;
    peak: bigint;
    /** The lines of memory.stat. */
    stat: ReadonlyMap<string, bigint>;
    oomKills: bigint;
  };
  pids: { current: bigint; limit: bigint | undefined };
}

/** Times are nanoseconds. Undefined if the cgroup is gone. */
export async function readCgroup(
  agent: AgentClient,
  cgroupsPath: string,
): Promise<CgroupStats | undefined> {
  const directory = `/sys/fs/cgroup${cgroupsPath}`;
  const read = (name: string) => agent.files.readText(`${directory}/${name}`);
  try {
    const [cpuText, usage, limit, peak, statText, events, pids, pidsLimit] = await Promise.all(
      ['cpu.stat', 'memory.current', 'memory.max', 'memory.peak', 'memory.stat', 'memory.events']
        .concat('pids.current', 'pids.max')
        .map(read),
    );
    const cpu = parseTable(cpuText ?? '');
    const microseconds = (name: string) => (cpu.get(name) ?? 0n) * 1000n;
    return {
      cpu: {
        usage: microseconds('usage_usec'),
        user: microseconds('user_usec'),
        system: microseconds('system_usec'),
        periods: cpu.get('nr_periods') ?? 0n,
        throttled: cpu.get('nr_throttled') ?? 0n,
        throttledTime: microseconds('throttled_usec'),
      },
      memory: {
        usage: parseNumber(usage) ?? 0n,
        limit: parseNumber(limit),
        peak: parseNumber(peak) ?? 0n,
        stat: parseTable(statText ?? ''),
        oomKills: parseTable(events ?? '').get('oom_kill') ?? 0n,
      },
      pids: { current: parseNumber(pids) ?? 0n, limit: parseNumber(pidsLimit) },
    };
  } catch (error) {
    const gone =
      error instanceof SandglassError && ['ENOENT', 'ENODEV'].includes(error.errno ?? '');
    if (gone) return undefined;
    throw error;
  }
}

/** What cannot be freed without loss: usage less the page cache that nobody used of late. */
export function workingSet({ memory: { usage, stat } }: CgroupStats): bigint {
  const inactive = stat.get('inactive_file') ?? 0n;
  return usage > inactive ? usage - inactive : 0n;
}

export function parseTable(text: string): Map<string, bigint> {
  const table = new Map<string, bigint>();
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name !== undefined && value !== undefined) table.set(name, BigInt(value));
  }
  return table;
}

/** `max` is no number. */
function parseNumber(text = 'max'): bigint | undefined {
  const trimmed = text.trim();
  return trimmed === 'max' ? undefined : BigInt(trimmed);
}

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

/** Of a directory of cgroup2. Times are nanoseconds. Undefined if it is gone. */
export async function readCgroup(
  agent: AgentClient,
  directory: string,
): Promise<CgroupStats | undefined> {
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

/** Of several together; a limit that one does not have, all do not have. */
export function sumStats(all: readonly CgroupStats[]): CgroupStats | undefined {
  const [first, ...rest] = all;
  if (!first) return undefined;
  const plus = (one: bigint | undefined, other: bigint | undefined) =>
    one === undefined || other === undefined ? undefined : one + other;
  return rest.reduce(
    (sum, { cpu, memory, pids }) => ({
      cpu: {
        usage: sum.cpu.usage + cpu.usage,
        user: sum.cpu.user + cpu.user,
        system: sum.cpu.system + cpu.system,
        periods: sum.cpu.periods + cpu.periods,
        throttled: sum.cpu.throttled + cpu.throttled,
        throttledTime: sum.cpu.throttledTime + cpu.throttledTime,
      },
      memory: {
        usage: sum.memory.usage + memory.usage,
        limit: plus(sum.memory.limit, memory.limit),
        peak: sum.memory.peak + memory.peak,
        stat: sumTables(sum.memory.stat, memory.stat),
        oomKills: sum.memory.oomKills + memory.oomKills,
      },
      pids: {
        current: sum.pids.current + pids.current,
        limit: plus(sum.pids.limit, pids.limit),
      },
    }),
    first,
  );
}

function sumTables(
  one: ReadonlyMap<string, bigint>,
  other: ReadonlyMap<string, bigint>,
): Map<string, bigint> {
  const sum = new Map(one);
  for (const [name, value] of other) sum.set(name, (sum.get(name) ?? 0n) + value);
  return sum;
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

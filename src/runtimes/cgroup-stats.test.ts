import { describe, expect, it } from 'vitest';
import { type CgroupStats, parseTable, workingSet } from './cgroup-stats.ts';

const stats = (usage: bigint, inactive: bigint): CgroupStats => ({
  cpu: { usage: 0n, user: 0n, system: 0n, periods: 0n, throttled: 0n, throttledTime: 0n },
  memory: {
    usage,
    limit: undefined,
    peak: usage,
    stat: parseTable(`anon 1\ninactive_file ${inactive}\n`),
    oomKills: 0n,
  },
  pids: { current: 1n, limit: undefined },
});

describe('workingSet', () => {
  it('leaves the inactive page cache out', () => {
    expect(workingSet(stats(1000n, 300n))).toBe(700n);
  });

  it('is never negative', () => {
    expect(workingSet(stats(100n, 300n))).toBe(0n);
  });
});

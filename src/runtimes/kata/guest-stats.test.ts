import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { StatsContainerResponseSchema } from './agent_pb.ts';
import { guestStats } from './guest-stats.ts';

const stats = (memoryLimit: bigint, pidsLimit: bigint) =>
  guestStats(
    create(StatsContainerResponseSchema, {
      cgroupStats: {
        memoryStats: {
          usage: { usage: 5n, limit: memoryLimit, maxUsage: 9n },
          stats: { inactive_file: 2n },
        },
        pidsStats: { current: 1n, limit: pidsLimit },
      },
    }),
  );

it('has limits where there are any', () => {
  const limited = stats(64n, 10n);
  expect(limited.memory).toMatchObject({ usage: 5n, limit: 64n, peak: 9n });
  expect(limited.memory.stat.get('inactive_file')).toBe(2n);
  expect(limited.pids).toEqual({ current: 1n, limit: 10n });
});

it('has none where the machine’s kernel says max', () => {
  const free = stats(2n ** 64n - 1n, 0n);
  expect([free.memory.limit, free.pids.limit]).toEqual([undefined, undefined]);
});

it('has used nothing of what the agent does not tell', () => {
  expect(guestStats(create(StatsContainerResponseSchema)).cpu.usage).toBe(0n);
});

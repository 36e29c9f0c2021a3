import { expect, it } from 'vitest';
import type { Cpu } from '#vm/v86-internals.ts';
import { correctSetTsc, readTsc } from './time-stamp-counter.ts';

it('sets what it is told to, however often', () => {
  const mask = (1n << 64n) - 1n;
  const raw = 9_000_000_000n;
  let offset = 123_456_789_012n;
  const view = new Uint32Array(2);
  const read = () => (raw - offset) & mask;
  // As upstream does it.
  const cpu = {
    current_tsc: view,
    store_current_tsc: () => {
      view[0] = Number(read() & 0xffff_ffffn);
      view[1] = Number(read() >> 32n);
    },
    set_tsc: (low: number, high: number) => {
      offset = (read() - (BigInt(low) | (BigInt(high) << 32n))) & mask;
    },
  } as unknown as Cpu;
  correctSetTsc(cpu);
  for (const [low, high] of [
    [5, 0],
    [0xffff_fff0, 7],
    [0, 0],
  ] as const) {
    cpu.set_tsc(low, high);
    expect(readTsc(cpu)).toBe(BigInt(low) | (BigInt(high) << 32n));
  }
});

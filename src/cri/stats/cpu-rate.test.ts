import { expect, it } from 'vitest';
import { CpuRates } from './cpu-rate.ts';

it('gives nanocores by the last two samples that are far enough apart', () => {
  const rates = new CpuRates();
  expect(rates.observe('a', 1_000_000_000n, 0)).toBeUndefined();
  expect(rates.observe('a', 1_500_000_000n, 2000)).toBe(250_000_000n);
  expect(rates.observe('a', 1_900_000_000n, 2500)).toBe(250_000_000n);
  expect(rates.observe('a', 1_900_000_000n, 4000)).toBe(200_000_000n);
});

it('begins anew with a container whose cgroup was made anew', () => {
  const rates = new CpuRates();
  rates.observe('a', 1_000n, 0);
  expect(rates.observe('a', 10n, 5000)).toBeUndefined();
});

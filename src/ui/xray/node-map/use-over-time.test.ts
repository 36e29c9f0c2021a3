import { expect, test } from 'vitest';
import type { NodeSurvey } from '#rpc/contracts.ts';
import { UseOverTime } from './use-over-time.ts';

const used = (cpuMilliseconds: number) =>
  ({ cgroups: [{ path: '/a', cpuMilliseconds }] }) as unknown as NodeSurvey;

test('the share of a CPU is of the time between two surveys', () => {
  const use = new UseOverTime();
  expect(use.shareOf('/a')).toBeUndefined();
  use.take(used(100), 1_000);
  expect(use.shareOf('/a')).toBeUndefined();
  use.take(used(600), 3_000);
  expect(use.shareOf('/a')).toBe(0.25);
  expect(use.shareOf('/b')).toBeUndefined();
  use.take(used(9_000), 4_000);
  expect(use.shareOf('/a')).toBe(1);
});

import { expect, it } from 'vitest';
import { revisionAfter } from './revision-after.ts';

it('goes beyond what the cluster may have written since, and never back', () => {
  expect(revisionAfter(500, 0)).toBeGreaterThan(500);
  const hours = 3 * 3600 * 1000;
  expect(revisionAfter(500, hours)).toBeGreaterThan(500 + (hours / 1000) * 50);
  expect(revisionAfter(500, hours)).toBeGreaterThan(revisionAfter(500, hours - 1000));
  expect(Number.isSafeInteger(revisionAfter(500, 100 * 365 * 24 * hours))).toBe(true);
  expect(revisionAfter(500, -hours)).toBe(revisionAfter(500, 0));
});

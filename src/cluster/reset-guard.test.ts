import { expect, test } from 'vitest';
import { ResetGuard, mostResets } from './reset-guard.ts';

test('a machine that resets itself again and again is left off, one that does so now and then is not', () => {
  const guard = new ResetGuard();
  for (let reset = 0; reset < mostResets; reset++) expect(guard.allow(reset)).toBe(true);
  expect(guard.allow(59_999)).toBe(false);
  expect(guard.allow(60_000)).toBe(true);
  for (let minute = 2; minute < 10; minute++) expect(guard.allow(minute * 60_000)).toBe(true);
});

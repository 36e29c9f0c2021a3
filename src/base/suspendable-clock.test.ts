import { expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { SuspendableClock } from './suspendable-clock.ts';

it('owes the rest of each wait after a suspension, and has the right time of day', () => {
  const base = new ManualClock(1_000_000);
  const clock = new SuspendableClock(base);
  const fired: number[] = [];
  clock.schedule(50, () => fired.push(clock.now()));
  base.advance(20);
  clock.suspend();
  base.advance(60_000);
  expect(clock.now()).toBe(20);
  expect(clock.wallTime()).toBe(1_060_020);
  clock.resume();
  base.advance(29);
  expect(fired).toEqual([]);
  base.advance(1);
  expect(fired).toEqual([50]);
  expect(clock.wallTime()).toBe(1_060_050);
});

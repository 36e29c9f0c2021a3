import { expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Lingering } from './lingering.ts';

test('leaves after a while, but not from under a reader', () => {
  const clock = new ManualClock();
  const leave = vi.fn();
  const lingering = new Lingering(clock, leave);
  lingering.start(100);
  clock.advance(99);
  lingering.held = true;
  clock.advance(1000);
  expect(leave).not.toHaveBeenCalled();
  lingering.held = false;
  clock.advance(100);
  expect(leave).toHaveBeenCalledTimes(1);
});

test('stays once it is stopped', () => {
  const clock = new ManualClock();
  const leave = vi.fn();
  const lingering = new Lingering(clock, leave);
  lingering.start(100);
  lingering.stop();
  clock.advance(1000);
  expect(leave).not.toHaveBeenCalled();
});

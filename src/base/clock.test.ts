import { describe, expect, it } from 'vitest';
import { ManualClock, sleep, wallNanoseconds } from './clock.ts';
import { withDeadline } from './deadline.ts';

describe('ManualClock', () => {
  it('runs what falls due in order of time, also what is scheduled meanwhile', () => {
    const clock = new ManualClock(1_000);
    const seen: string[] = [];
    clock.schedule(20, () => seen.push(`b at ${clock.now()}`));
    clock.schedule(10, () => {
      seen.push(`a at ${clock.now()}`);
      clock.schedule(5, () => seen.push(`nested at ${clock.now()}`));
    });
    clock.advance(19);
    expect(seen).toEqual(['a at 10', 'nested at 15']);
    clock.advance(1);
    expect(seen.at(-1)).toBe('b at 20');
    expect(clock.wallTime()).toBe(1_020);
  });

  it('forgets what was cancelled', () => {
    const clock = new ManualClock();
    let called = false;
    const cancel = clock.schedule(10, () => (called = true));
    cancel();
    clock.advance(100);
    expect(called).toBe(false);
  });

  it('ends a sleep that is cancelled', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 10, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('withDeadline', () => {
  it('gives up when the clock passes the deadline, with the message it was given', async () => {
    const clock = new ManualClock();
    const waiting = withDeadline(
      new Promise<never>(() => undefined),
      clock,
      50,
      'The agent did not answer.',
    );
    clock.advance(50);
    await expect(waiting).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'The agent did not answer.',
    });
  });

  it('gives the value when it comes in time, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    expect(await withDeadline(Promise.resolve(3), clock, 50, 'late')).toBe(3);
    clock.advance(100);
  });
});

describe('wallNanoseconds', () => {
  it('has nothing of the rounding of a number that is a billion times the time', () => {
    expect(wallNanoseconds(new ManualClock(1_796_024_632_847))).toBe(1_796_024_632_847_000_000n);
    expect(wallNanoseconds(new ManualClock(1_796_024_632_847.25))).toBe(1_796_024_632_847_250_000n);
  });
});

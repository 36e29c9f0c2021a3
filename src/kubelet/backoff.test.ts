import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Backoff } from './backoff.ts';

const seconds = 1000;

function crashLoop() {
  const clock = new ManualClock(1_000_000);
  return { clock, backoff: new Backoff(clock, { initial: 10 * seconds, max: 300 * seconds }) };
}

describe('Backoff', () => {
  it('doubles from ten seconds to five minutes', () => {
    const { clock, backoff } = crashLoop();
    const delays = Array.from({ length: 7 }, () => {
      backoff.next('a', clock.wallTime());
      const delay = backoff.get('a');
      clock.advance(delay);
      return delay / seconds;
    });
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });

  it('counts from the event, not from the last lengthening', () => {
    const { clock, backoff } = crashLoop();
    backoff.next('a', clock.wallTime());
    clock.advance(60 * seconds);
    const exited = clock.wallTime();
    expect(backoff.isInBackOffSince('a', exited)).toBe(true);
    clock.advance(9_999);
    expect(backoff.isInBackOffSince('a', exited)).toBe(true);
    clock.advance(1);
    expect(backoff.isInBackOffSince('a', exited)).toBe(false);
  });

  it('starts anew when the container ran for more than ten minutes', () => {
    const { clock, backoff } = crashLoop();
    backoff.next('a', clock.wallTime());
    backoff.next('a', clock.wallTime());
    expect(backoff.get('a')).toBe(20 * seconds);
    clock.advance(601 * seconds);
    expect(backoff.isInBackOffSince('a', clock.wallTime())).toBe(false);
    backoff.next('a', clock.wallTime());
    expect(backoff.get('a')).toBe(10 * seconds);
  });

  it('holds pulls back since the last failure and says until when', () => {
    const { clock, backoff } = crashLoop();
    expect(backoff.isInBackOffSinceUpdate('a')).toBe(false);
    backoff.next('a', clock.wallTime());
    expect(backoff.expiryOfUpdate('a')).toBe(clock.wallTime() + 10 * seconds);
    clock.advance(10 * seconds);
    expect(backoff.isInBackOffSinceUpdate('a')).toBe(false);
  });

  it('collects only what has long been quiet', () => {
    const { clock, backoff } = crashLoop();
    backoff.next('old', clock.wallTime(), 'first');
    expect(backoff.why('old')).toBe('first');
    clock.advance(400 * seconds);
    backoff.next('new', clock.wallTime(), 'second');
    clock.advance(300 * seconds);
    backoff.collectGarbage();
    expect([backoff.get('old'), backoff.get('new')]).toEqual([0, 10 * seconds]);
    expect([backoff.why('old'), backoff.why('new')]).toEqual(['', 'second']);
  });
});

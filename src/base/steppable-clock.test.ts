import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { SteppableClock } from './steppable-clock.ts';

function clocks() {
  const base = new ManualClock(1_000_000);
  return { base, clock: new SteppableClock(base) };
}

describe('SteppableClock', () => {
  it('runs with its base', () => {
    const { base, clock } = clocks();
    const fired: number[] = [];
    clock.schedule(50, () => fired.push(clock.now()));
    base.advance(49);
    expect(fired).toEqual([]);
    base.advance(1);
    expect(fired).toEqual([50]);
    expect(clock.wallTime()).toBe(1_000_050);
  });

  it('lets nothing fall due while it is stopped, and owes the rest of each wait after', () => {
    const { base, clock } = clocks();
    const fired: number[] = [];
    clock.schedule(50, () => fired.push(clock.now()));
    base.advance(20);
    clock.stop();
    base.advance(1000);
    expect(clock.now()).toBe(20);
    expect(clock.wallTime()).toBe(1_000_020);
    clock.start();
    base.advance(29);
    expect(fired).toEqual([]);
    base.advance(1);
    expect(fired).toEqual([50]);
  });

  it('has one time while it is stopped, though its base’s two times drift apart', () => {
    const { base, clock } = clocks();
    let drift = 0;
    const wallTime = base.wallTime.bind(base);
    base.wallTime = () => wallTime() + drift;
    base.advance(20);
    clock.stop();
    base.advance(1000);
    drift = 3;
    expect([clock.wallTime(), clock.behind]).toEqual([1_000_020, 1000]);
    clock.advance(5);
    expect([clock.wallTime(), clock.behind]).toEqual([1_000_025, 995]);
    clock.start();
    base.advance(10);
    expect([clock.wallTime(), clock.behind]).toEqual([1_000_038, 995]);
  });

  it('keeps what was scheduled while it was stopped', () => {
    const { base, clock } = clocks();
    const fired: number[] = [];
    clock.stop();
    clock.schedule(10, () => fired.push(clock.now()));
    base.advance(100);
    clock.start();
    base.advance(10);
    expect(fired).toEqual([10]);
  });

  it('goes on by a step, in order of time, callbacks of callbacks included', () => {
    const { clock } = clocks();
    const fired: string[] = [];
    clock.stop();
    clock.schedule(30, () => fired.push(`late ${clock.now()}`));
    clock.schedule(10, () => {
      fired.push(`early ${clock.now()}`);
      clock.schedule(5, () => fired.push(`after ${clock.now()}`));
    });
    clock.advance(29);
    expect(fired).toEqual(['early 10', 'after 15']);
    expect(clock.now()).toBe(29);
    expect(clock.stopped).toBe(true);
  });

  it('forgets what was cancelled, stopped or not', () => {
    const { base, clock } = clocks();
    let fired = 0;
    const cancelFirst = clock.schedule(10, () => fired++);
    const cancelSecond = clock.schedule(10, () => fired++);
    cancelFirst();
    clock.stop();
    cancelSecond();
    clock.start();
    base.advance(100);
    expect(fired).toBe(0);
  });
});

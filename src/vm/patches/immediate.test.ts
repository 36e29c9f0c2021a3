import { describe, expect, it } from 'vitest';
import { createImmediateScheduler, immediateByMessage } from './immediate.ts';

describe('immediateByMessage', () => {
  it('calls back once a request, later, until it is closed', async () => {
    let calls = 0;
    let done: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (done = resolve));
    const scheduler = immediateByMessage(() => {
      calls++;
      if (calls < 3) scheduler.request();
      else done();
    });
    scheduler.request();
    expect(calls).toBe(0);
    await finished;
    expect(calls).toBe(3);
    scheduler.request();
    scheduler.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(calls).toBe(3);
  });
});

describe('createImmediateScheduler', () => {
  it('lets timers run in Node while a machine keeps asking', async () => {
    // A MessagePort would be handed 1,000 messages before the timer.
    let calls = 0;
    const scheduler = createImmediateScheduler(() => {
      calls++;
      const end = performance.now() + 1;
      while (performance.now() < end);
      scheduler.request();
    });
    scheduler.request();
    await new Promise((resolve) => setTimeout(resolve, 1));
    scheduler.close();
    expect(calls).toBeLessThan(100);
  });
});

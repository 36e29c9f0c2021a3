import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from './clock.ts';
import { withDeadline } from './deadline.ts';

const never = new Promise<never>(() => undefined);

describe('a wait with a deadline', () => {
  it('ends at the deadline, in its words', async () => {
    const clock = new ManualClock();
    const wait = withDeadline(never, clock, 10, 'Too late.');
    clock.advance(10);
    await expect(wait).rejects.toMatchObject({ code: 'deadline-exceeded', message: 'Too late.' });
  });

  it('ends with a signal that has fired already, and lets no rejection go unhandled', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const failing = Promise.reject(new Error('of no interest any more'));
    const wait = withDeadline(failing, new ManualClock(), 10, '', AbortSignal.abort());
    await expect(wait).rejects.toMatchObject({ code: 'cancelled' });
    await new Promise((resolve) => setTimeout(resolve));
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
  });
});

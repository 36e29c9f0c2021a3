import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { QuietMoments } from './quiet-moment.ts';

describe('QuietMoments', () => {
  it('asks after every slice until it gets an answer', async () => {
    const moments = new QuietMoments();
    let asked = 0;
    const answer = moments.wait(
      () => (++asked === 3 ? 'now' : undefined),
      new ManualClock(),
      100,
      '',
    );
    for (let i = 0; i < 5; i++) moments.afterSlice();
    expect(await answer).toBe('now');
    expect(asked).toBe(3);
  });

  it('gives up at the deadline, and asks no more', async () => {
    const moments = new QuietMoments();
    const clock = new ManualClock();
    let asked = 0;
    const refuse = () => {
      asked++;
      return undefined;
    };
    const answer = moments.wait(refuse, clock, 100, 'Too busy.');
    clock.advance(100);
    await expect(answer).rejects.toMatchObject({ code: 'deadline-exceeded', message: 'Too busy.' });
    moments.afterSlice();
    expect(asked).toBe(0);
  });

  it('rejects what throws, and what waits when the machine ends', async () => {
    const moments = new QuietMoments();
    const thrown = moments.wait(
      () => {
        throw new Error('broken');
      },
      new ManualClock(),
      100,
      '',
    );
    moments.afterSlice();
    await expect(thrown).rejects.toThrow('broken');
    const next = moments.next();
    moments.fail(new SandglassError('unavailable', 'Ended.'));
    await expect(next).rejects.toThrow('Ended.');
  });
});

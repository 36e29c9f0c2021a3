import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { EventCorrelator } from './correlator.ts';

function rig() {
  const clock = new ManualClock();
  const correlator = new EventCorrelator(clock);
  const correlate = (message: string, object = 'pod') =>
    correlator.correlate({ object, type: 'Warning', reason: 'Failed', message });
  return { clock, correlate };
}

describe('EventCorrelator', () => {
  it('counts equal events together, others not', () => {
    const { correlate } = rig();
    const first = correlate('one');
    expect(correlate('one')?.key).toBe(first?.key);
    expect(correlate('two')?.key).not.toBe(first?.key);
    expect(correlate('one', 'other')?.key).not.toBe(first?.key);
  });

  it('combines the tenth different message of a kind', () => {
    const { correlate } = rig();
    const messages = Array.from(
      { length: 12 },
      (_, index) => correlate(`message ${index}`)?.message,
    );
    expect(messages[8]).toBe('message 8');
    expect(messages[9]).toBe('(combined from similar events): message 9');
    expect(messages[11]).toBe('(combined from similar events): message 11');
  });

  it('forgets likeness after ten minutes', () => {
    const { clock, correlate } = rig();
    for (let index = 0; index < 9; index++) correlate(`message ${index}`);
    clock.advance(600_001);
    expect(correlate('message 9')?.message).toBe('message 9');
  });

  it('lets an object have 25 at once, then one in five minutes', () => {
    const { clock, correlate } = rig();
    const told = Array.from({ length: 30 }, () => correlate('again')).filter(
      (event) => event !== undefined,
    );
    expect(told).toHaveLength(25);
    expect(correlate('again', 'other')).toBeDefined();
    clock.advance(300_000);
    expect(correlate('again')).toBeDefined();
    expect(correlate('again')).toBeUndefined();
  });
});

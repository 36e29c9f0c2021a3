import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import {
  formatMicroTime,
  formatNanoTime,
  formatTime,
  microTimeNow,
  parseTime,
  timeNow,
  timeOf,
} from './time.ts';

describe('time', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [951_782_400_000, '2000-02-29T00:00:00Z'],
    [951_868_799_999, '2000-02-29T23:59:59Z'],
    [1_784_790_468_000, '2026-07-23T07:07:48Z'],
    [-1, '1969-12-31T23:59:59Z'],
    [4_107_542_400_000, '2100-03-01T00:00:00Z'],
  ])('writes %d as %s', (milliseconds, text) => {
    expect(formatTime(milliseconds)).toBe(text);
  });

  it('agrees with the platform on every month of four centuries', () => {
    for (let month = 0; month < 4800; month++) {
      // eslint-disable-next-line no-restricted-globals -- what is compared with
      const date = new Date(Date.UTC(1900, month, 1 + (month % 28), month % 24, month % 60, 59));
      const text = `${date.toISOString().slice(0, 19)}Z`;
      expect(formatTime(date.getTime())).toBe(text);
      expect(parseTime(text)).toBe(date.getTime());
    }
  });

  it.each([
    ['2026-07-23T07:07:48.25Z', 1_784_790_468_250],
    ['2026-07-23T09:07:48+02:00', 1_784_790_468_000],
    ['2026-07-23T02:37:48-04:30', 1_784_790_468_000],
    ['2026-02-29T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-07-23', undefined],
    ['2026-07-23T24:00:00Z', undefined],
    ['now', undefined],
  ])('reads %s', (text, milliseconds) => {
    expect(parseTime(text)).toBe(milliseconds);
  });

  it('writes fractions to the length asked for', () => {
    expect(formatMicroTime(1500.25)).toBe('1970-01-01T00:00:01.500250Z');
    expect(formatNanoTime(1500.25)).toBe('1970-01-01T00:00:01.500250000Z');
    expect(formatMicroTime(999.9999)).toBe('1970-01-01T00:00:00.999999Z');
  });

  it('takes the time of the clock', () => {
    const clock = new ManualClock(1_784_790_468_000);
    clock.advance(12);
    expect(timeNow(clock)).toBe('2026-07-23T07:07:48Z');
    expect(microTimeNow(clock)).toBe('2026-07-23T07:07:48.012000Z');
    expect(timeOf(undefined)).toBe(0);
  });
});

import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { StreamingSessions } from './sessions.ts';

it('gives a request away once', () => {
  const sessions = new StreamingSessions<string>(new ManualClock());
  const token = sessions.issue('exec');
  expect(token).toMatch(/^[\w-]{8}$/);
  expect(sessions.take(token)).toBe('exec');
  expect(sessions.take(token)).toBeUndefined();
});

it('forgets a request that nobody came for within a minute', () => {
  const clock = new ManualClock();
  const sessions = new StreamingSessions<string>(clock);
  const early = sessions.issue('early');
  clock.advance(30_000);
  const late = sessions.issue('late');
  clock.advance(30_000);
  expect(sessions.take(early)).toBeUndefined();
  expect(sessions.take(late)).toBe('late');
});

it('refuses more than a thousand requests at once, until they expire', () => {
  const clock = new ManualClock();
  const sessions = new StreamingSessions<number>(clock);
  for (let i = 0; i < 1000; i++) sessions.issue(i);
  expect(() => sessions.issue(1000)).toThrow('maximum number of in-flight requests exceeded');
  clock.advance(60_000);
  expect(() => sessions.issue(1000)).not.toThrow();
});

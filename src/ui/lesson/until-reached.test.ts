import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { untilReached } from './until-reached.ts';

function start() {
  const [clock, changed, abort] = [
    new ManualClock(),
    new Emitter<unknown>(),
    new AbortController(),
  ];
  const state = { reached: false };
  const begin = () => untilReached(changed, () => state.reached, clock, abort.signal);
  return { clock, changed, abort, state, begin };
}

it('ends with the change that brings it, or at once', async () => {
  const { changed, state, begin } = start();
  let ended = false;
  const wait = begin().then(() => (ended = true));
  changed.emit(undefined);
  await Promise.resolve();
  expect(ended).toBe(false);
  state.reached = true;
  changed.emit(undefined);
  await wait;
  await begin();
});

it('can be given up, and is after five minutes', async () => {
  const { clock, abort, begin } = start();
  const late = begin();
  clock.advance(300_000);
  await expect(late).rejects.toThrow('It has not come to this for 5 minutes.');
  const left = begin();
  abort.abort();
  await expect(left).rejects.toMatchObject({ code: 'cancelled' });
});

import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import { newestCalls } from './newest-calls.ts';

let trace: TraceBus;
beforeEach(() => {
  trace = new TraceBus(new ManualClock());
});

/** Gives the id of its end. */
function call(method: string, outcome: { response?: unknown; unchangedSince?: number }): number {
  const name = { service: 's', method };
  const { id: parent } = trace.emit({ kind: 'cri-call', ...name, request: {} });
  return trace.emit({ kind: 'cri-return', ...name, parent, milliseconds: 1, ...outcome }).id;
}

const newest = (atMost: number, after = 0) =>
  newestCalls(trace.history(after), atMost).map(({ id }) => id);

it('gives the calls with their ends, and nothing else', () => {
  trace.emit({ kind: 'schedule' });
  call('StartContainer', { response: {} });
  const name = { service: 's', method: 'GetContainerEvents' };
  trace.emit({ kind: 'cri-message', ...name, parent: 2, response: {} });
  trace.emit({ kind: 'cri-call', ...name, request: {} });
  expect(newest(2)).toEqual([2, 3, 5]);
});

it('leaves out the oldest for want of room, those that say nothing new before all others', () => {
  call('StartContainer', { response: {} });
  call('ListImages', { response: { images: [] } });
  call('ListImages', { unchangedSince: 4 });
  call('ListImages', { unchangedSince: 4 });
  call('StopContainer', { response: {} });
  expect(newest(4)).toEqual([1, 2, 3, 4, 7, 8, 9, 10]);
  expect(newest(3)).toEqual([1, 2, 3, 4, 9, 10]);
  expect(newest(1)).toEqual([4, 9, 10]);
});

it('keeps the latest tenth, whatever it says', () => {
  const answer = call('ListImages', { response: { images: [] } });
  for (let time = 0; time < 20; time++) call('StartContainer', { response: {} });
  call('ListImages', { unchangedSince: answer });
  call('ListImages', { unchangedSince: answer });
  expect(newest(20).slice(-5)).toEqual([42, 43, 44, 45, 46]);
  expect(newest(10).slice(-3)).toEqual([42, 45, 46]);
});

it('gives the answers that those to come may be the same as, also without their calls', () => {
  for (let asked = 0; asked < 40; asked++) {
    const answer = call('ListContainers', { response: { asked } });
    call('ListContainers', { unchangedSince: answer });
  }
  call('StopContainer', { response: {} });
  const given = newest(1);
  expect(given.slice(-2)).toEqual([161, 162]);
  // Of the 32 questions whose answers are remembered.
  expect(given.slice(0, -2)).toEqual(Array.from({ length: 32 }, (_, index) => 4 * index + 34));
});

it('gives the end of a call that began before', () => {
  call('StopContainer', { response: {} });
  expect(newest(1, 1)).toEqual([2]);
});

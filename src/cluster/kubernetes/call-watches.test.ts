import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import type { CallBatch } from '#rpc/contracts.ts';
import { CallWatches } from './call-watches.ts';

let clock: ManualClock;
let trace: TraceBus;
let watches: CallWatches;
let told: [cluster: number, ids: number[], lost: number][];
const all = { newest: 100 };

function listener({ cluster, records, lost }: CallBatch): void {
  told.push([cluster, records.map(({ id }) => id), lost]);
}

beforeEach(() => {
  clock = new ManualClock();
  trace = new TraceBus(clock, { records: 4 });
  watches = new CallWatches(clock);
  watches.follow(trace);
  told = [];
});

function call(bus: TraceBus, times = 1): void {
  const name = { service: 's', method: 'StartContainer' } as const;
  for (let time = 0; time < times; time++) bus.emit({ kind: 'cri-call', ...name, request: {} });
}

it('tells who comes what is kept and what was lost, then what comes, each record once', () => {
  call(trace, 6);
  watches.add(listener, all);
  expect(told).toEqual([[1, [3, 4, 5, 6], 2]]);
  call(trace, 1);
  // Told to be told with the next batch, and part of the history for who comes now.
  watches.add(listener, all);
  clock.advance(50);
  expect(told.slice(1)).toEqual([
    [1, [3, 4, 5, 6, 7], 2],
    [1, [7], 2],
  ]);
});

it('tells of nothing but calls', () => {
  trace.emit({ kind: 'schedule', node: 'n' });
  call(trace);
  watches.add(listener, all);
  trace.emit({ kind: 'schedule', node: 'n' });
  clock.advance(50);
  expect(told).toEqual([[1, [2], 0]]);
  call(trace);
  clock.advance(50);
  expect(told.slice(1)).toEqual([[1, [4], 0]]);
});

it('gathers nothing while nobody watches, and loses nothing by it', () => {
  const id = watches.add(listener, all);
  watches.remove(id);
  call(trace, 2);
  clock.advance(1_000);
  expect(told).toEqual([[1, [], 0]]);
  watches.add(listener, all);
  expect(told.at(-1)).toEqual([1, [1, 2], 0]);
});

it('tells who comes back only what it has not been told of, and no more than it wants', () => {
  call(trace, 4);
  watches.add(listener, { newest: 2 });
  watches.add(listener, { newest: 2, after: { cluster: 1, id: 3 } });
  watches.add(listener, { newest: 2, after: { cluster: 1, id: 4 } });
  expect(told).toEqual([
    [1, [3, 4], 0],
    [1, [4], 0],
    [1, [], 0],
  ]);
  call(trace);
  clock.advance(50);
  expect(told.slice(3)).toEqual([
    [1, [5], 0],
    [1, [5], 0],
    [1, [5], 0],
  ]);
});

it('tells who comes back to another cluster of that from its beginning', () => {
  const next = new TraceBus(clock);
  watches.follow(next);
  call(next, 3);
  watches.add(listener, { newest: 100, after: { cluster: 1, id: 2 } });
  expect(told).toEqual([[2, [1, 2, 3], 0]]);
});

it('goes on with the next cluster, whose records begin at 1', () => {
  watches.add(listener, all);
  call(trace, 3);
  watches.leave(trace);
  expect(told.at(-1)).toEqual([1, [1, 2, 3], 0]);
  // Between two clusters nothing is said of either.
  watches.add(listener, { newest: 100, after: { cluster: 1, id: 3 } });
  call(trace);
  expect(told).toHaveLength(2);
  const next = new TraceBus(clock);
  watches.follow(next);
  call(next);
  clock.advance(50);
  expect(told.slice(2)).toEqual([
    [2, [1], 0],
    [2, [1], 0],
  ]);
});

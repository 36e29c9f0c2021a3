import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import type { TraceBatch } from '#rpc/contracts.ts';
import { TraceWatches } from './trace-watches.ts';

let clock: ManualClock;
let trace: TraceBus;
let watches: TraceWatches;
let told: [cluster: number, ids: number[], lost: number][];

function listener({ cluster, records, lost }: TraceBatch): void {
  told.push([cluster, records.map(({ id }) => id), lost]);
}

beforeEach(() => {
  clock = new ManualClock();
  trace = new TraceBus(clock, { records: 4 });
  watches = new TraceWatches(clock);
  watches.follow(trace);
  told = [];
});

function happen(bus: TraceBus, times = 1): void {
  for (let time = 0; time < times; time++) bus.emit({ kind: 'schedule', node: 'n' });
}

/** Another thread, that takes a batch in when the test says so. */
function slowListener(): { listener: (batch: TraceBatch) => Promise<void>; taken: () => void } {
  let taken: () => void = () => undefined;
  return {
    listener: (batch) => {
      listener(batch);
      return new Promise((resolve) => (taken = resolve));
    },
    taken: () => taken(),
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

it('tells who comes what is kept and what was lost, then what comes, each record once', () => {
  happen(trace, 6);
  watches.add(listener);
  expect(told).toEqual([[1, [3, 4, 5, 6], 2]]);
  happen(trace);
  // Told to be told with the next batch, and part of the history for who comes now.
  watches.add(listener);
  clock.advance(50);
  expect(told.slice(1)).toEqual([
    [1, [3, 4, 5, 6, 7], 2],
    [1, [7], 0],
  ]);
});

it('tells records of every kind', () => {
  watches.add(listener);
  trace.emit({ kind: 'schedule', node: 'n' });
  trace.emit({ kind: 'process', event: 'fork', pid: 7, parentPid: 1 });
  trace.emit({ kind: 'cri-call', service: 's', method: 'StartContainer', request: {} });
  clock.advance(50);
  expect(told).toEqual([
    [1, [], 0],
    [1, [1, 2, 3], 0],
  ]);
});

it('gathers nothing while nobody watches, and loses nothing by it', () => {
  const id = watches.add(listener);
  happen(trace);
  watches.remove(id);
  happen(trace);
  clock.advance(1_000);
  expect(told).toEqual([[1, [], 0]]);
  watches.add(listener);
  expect(told.at(-1)).toEqual([1, [1, 2], 0]);
});

it('tells who comes back only what it has not been told of', () => {
  happen(trace, 4);
  watches.add(listener, { cluster: 1, id: 3 });
  watches.add(listener, { cluster: 1, id: 4 });
  expect(told).toEqual([
    [1, [4], 0],
    [1, [], 0],
  ]);
  happen(trace);
  clock.advance(50);
  expect(told.slice(2)).toEqual([
    [1, [5], 0],
    [1, [5], 0],
  ]);
});

it('tells who comes back to another cluster of that from its beginning', () => {
  const next = new TraceBus(clock);
  watches.follow(next);
  happen(next, 3);
  watches.add(listener, { cluster: 1, id: 2 });
  expect(told).toEqual([[2, [1, 2, 3], 0]]);
});

it('goes on with the next cluster, whose records begin at 1', () => {
  watches.add(listener);
  happen(trace, 3);
  watches.leave(trace);
  expect(told.at(-1)).toEqual([1, [1, 2, 3], 0]);
  // Between two clusters nothing is said of either.
  watches.add(listener, { cluster: 1, id: 3 });
  happen(trace);
  clock.advance(1_000);
  expect(told).toHaveLength(2);
  const next = new TraceBus(clock);
  watches.follow(next);
  happen(next);
  clock.advance(50);
  expect(told.slice(2)).toEqual([
    [2, [1], 0],
    [2, [1], 0],
  ]);
});

it('tells much of it in parts, each when the one before was taken in', async () => {
  trace = new TraceBus(clock);
  watches.follow(trace);
  happen(trace, 2_100);
  const { listener: slow, taken } = slowListener();
  watches.add(slow);
  clock.advance(1_000);
  expect(told.map(([, ids]) => ids.length)).toEqual([1_000]);
  taken();
  await settled();
  taken();
  await settled();
  expect(told.map(([, ids]) => [ids[0], ids.at(-1)])).toEqual([
    [1, 1_000],
    [1_001, 2_000],
    [2_001, 2_100],
  ]);
});

it('keeps no more for who takes in slowly than the trace keeps, and says what it missed', async () => {
  const { listener: slow, taken } = slowListener();
  watches.add(slow);
  happen(trace, 10);
  clock.advance(1_000);
  // It is still at the first.
  expect(told).toEqual([[1, [], 0]]);
  taken();
  await settled();
  expect(told).toHaveLength(1);
  clock.advance(50);
  expect(told.slice(1)).toEqual([[1, [7, 8, 9, 10], 6]]);
});

it('tells a slow one the rest of a cluster that ends', () => {
  watches.add(slowListener().listener);
  happen(trace, 2);
  watches.leave(trace);
  expect(told).toEqual([
    [1, [], 0],
    [1, [1, 2], 0],
  ]);
});

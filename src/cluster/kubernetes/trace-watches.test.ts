import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import type { TraceBatch } from '#rpc/contracts.ts';
import { TraceWatches } from './trace-watches.ts';

let clock: ManualClock;
let trace: TraceBus;
let watches: TraceWatches;
let told: [ids: number[], lost: number][];
const listener = ({ records, lost }: TraceBatch) => told.push([records.map(({ id }) => id), lost]);

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

it('tells who comes what is kept and what was lost, then what comes, each record once', () => {
  happen(trace, 6);
  watches.add(listener);
  expect(told).toEqual([[[3, 4, 5, 6], 2]]);
  happen(trace, 1);
  // Told to be told with the next batch, and part of the history for who comes now.
  watches.add(listener);
  clock.advance(50);
  expect(told.slice(1)).toEqual([
    [[3, 4, 5, 6, 7], 2],
    [[7], 2],
  ]);
});

it('gathers nothing while nobody watches, and loses nothing by it', () => {
  const id = watches.add(listener);
  watches.remove(id);
  happen(trace, 2);
  clock.advance(1_000);
  expect(told).toEqual([[[], 0]]);
  watches.add(listener);
  expect(told.at(-1)).toEqual([[1, 2], 0]);
});

it('goes on with the next cluster, whose records begin at 1', () => {
  watches.add(listener);
  happen(trace, 3);
  watches.leave(trace);
  expect(told.at(-1)).toEqual([[1, 2, 3], 0]);
  happen(trace);
  const next = new TraceBus(clock);
  watches.follow(next);
  happen(next);
  clock.advance(50);
  expect(told.at(-1)).toEqual([[1], 0]);
});

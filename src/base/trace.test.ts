import { expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { TraceBus } from './trace.ts';

const scheduled = (node: string) => ({ kind: 'schedule', node }) as const;

it('stamps each record with a growing id and the time', () => {
  const clock = new ManualClock(5_000);
  const bus = new TraceBus(clock);
  const first = bus.emit(scheduled('a'));
  clock.advance(7);
  expect(first).toEqual({ kind: 'schedule', node: 'a', id: 1, time: 5_000 });
  expect(bus.emit(scheduled('b'))).toMatchObject({ id: 2, time: 5_007 });
});

it('tells listeners, and late ones by its history', () => {
  const bus = new TraceBus(new ManualClock());
  const heard: number[] = [];
  const { id } = bus.emit(scheduled('a'));
  const stop = bus.listen((record) => heard.push(record.id));
  bus.emit(scheduled('b'));
  stop();
  bus.emit(scheduled('c'));
  expect(heard).toEqual([2]);
  expect(bus.history(id).map((record) => record.id)).toEqual([2, 3]);
});

it('drops the oldest beyond its capacity and says how many', () => {
  const bus = new TraceBus(new ManualClock(), 8);
  for (let index = 0; index < 11; index++) bus.emit(scheduled('x'));
  const kept = bus.history();
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept.at(-1)?.id).toBe(11);
  expect(kept.length + bus.lost).toBe(11);
  expect(bus.lost).toBeGreaterThan(0);
});

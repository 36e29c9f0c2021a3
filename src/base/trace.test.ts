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
  const bus = new TraceBus(new ManualClock(), { records: 8 });
  for (let index = 0; index < 11; index++) bus.emit(scheduled('x'));
  const kept = bus.history();
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept.at(-1)?.id).toBe(11);
  expect(kept.length + bus.lost).toBe(11);
  expect(bus.lost).toBeGreaterThan(0);
});

it('keeps no more bytes than it may, however few the records', () => {
  const bus = new TraceBus(new ManualClock(), { bytes: 100_000 });
  const large = () => bus.emit({ kind: 'schedule', reason: 'x'.repeat(30_000) });
  for (let index = 0; index < 20; index++) large();
  const kept = bus.history();
  expect(kept.length).toBeLessThanOrEqual(4);
  expect(kept.at(-1)?.id).toBe(20);
  expect(bus.lost).toBe(20 - kept.length);
});

it('keeps the latest record even if that alone is too large', () => {
  const bus = new TraceBus(new ManualClock(), { bytes: 1_000 });
  bus.emit(scheduled('a'));
  bus.emit({ kind: 'schedule', reason: 'x'.repeat(30_000) });
  expect(bus.history().map(({ id }) => id)).toEqual([2]);
});

it('drops calls whose answers say nothing new before it drops what happened', () => {
  const bus = new TraceBus(new ManualClock(), { records: 100 });
  const call = { service: 's', method: 'ListContainers' } as const;
  const { id: happened } = bus.emit(scheduled('a'));
  for (let index = 0; index < 500; index++) {
    const { id: parent } = bus.emit({ ...call, kind: 'cri-call', request: {} });
    bus.emit({ ...call, kind: 'cri-return', parent, milliseconds: 1, unchangedSince: 1 });
  }
  expect(bus.keeps(happened)).toBe(true);
  expect(bus.history()[0]?.id).toBe(happened);
  expect(bus.history().length + bus.lost).toBe(1001);
  for (let index = 0; index < 500; index++) bus.emit(scheduled('b'));
  expect(bus.keeps(happened)).toBe(false);
});

it('drops what a container has written before it drops what happened', () => {
  const bus = new TraceBus(new ManualClock(), { records: 100 });
  const { id: happened } = bus.emit(scheduled('a'));
  for (let index = 0; index < 500; index++)
    bus.emit({ kind: 'agent-return', method: 'ReadStdout', milliseconds: 1 });
  expect(bus.keeps(happened)).toBe(true);
});

it('drops what is told one by one before it drops what happened', () => {
  const bus = new TraceBus(new ManualClock(), { records: 100 });
  const { id: happened } = bus.emit(scheduled('a'));
  for (let index = 0; index < 500; index++)
    bus.emit({ kind: 'frame', from: 'node', protocol: 'ARP', length: 42 });
  expect(bus.keeps(happened)).toBe(true);
  expect(bus.history().length).toBeLessThan(130);
  expect(bus.history().at(-1)?.id).toBe(501);
});

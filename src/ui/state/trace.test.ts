import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { TraceBatch } from '#rpc/contracts.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Machine } from './machine.svelte.ts';
import { Trace, type TraceReader } from './trace.svelte.ts';

let nodes: FakeNode[];
let machine: Machine;
let trace: Trace;

beforeEach(() => {
  nodes = [];
  machine = new Machine(() => {
    const node = new FakeNode();
    nodes.push(node);
    return connectionTo(node);
  }, new ManualClock());
  trace = new Trace(machine);
});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const node = () => nodes.at(-1) as FakeNode;
const ids = () => trace.records.map(({ id }) => id);

function record(id: number): TraceRecord {
  return { id, time: 5, kind: 'schedule', node: 'n' };
}

function batch(cluster: number, ...recordIds: number[]): TraceBatch {
  return { cluster, records: recordIds.map(record), lost: 0 };
}

class Heard implements TraceReader {
  readonly said: string[] = [];

  begin(): void {
    this.said.push('begin');
  }

  take(records: readonly TraceRecord[]): void {
    this.said.push(records.map(({ id }) => id).join(' '));
  }

  retain(isKept: (id: number) => boolean): void {
    this.said.push(`retain 1: ${isKept(1)}`);
  }
}

test('the trace is watched while somebody follows it, and only then', async () => {
  expect(node().traceWatches.size).toBe(0);
  const stop = trace.follow();
  const stopOther = trace.follow();
  expect(node().traceWatches.size).toBe(1);
  stop();
  stop();
  await settled();
  expect(node().traceWatches.size).toBe(1);
  stopOther();
  await settled();
  expect(node().traceWatches.size).toBe(0);
});

test('who follows again finds what was there, and asks for what came since alone', async () => {
  const stop = trace.follow();
  expect([...node().traceWatches.values()]).toEqual([undefined]);
  node().tellTrace(batch(7, 1, 2));
  stop();
  await settled();
  const old = node().tellTrace;
  trace.follow();
  expect([...node().traceWatches.values()]).toEqual([{ cluster: 7, id: 2 }]);
  expect(ids()).toEqual([1, 2]);
  node().tellTrace({ ...batch(7, 4), lost: 1 });
  expect(ids()).toEqual([1, 2, 4]);
  expect(trace.lost).toBe(1);
  old(batch(7, 9));
  expect(ids()).toEqual([1, 2, 4]);
});

test('another cluster’s trace takes the place of the one before, whatever its first record', () => {
  trace.follow();
  node().tellTrace({ ...batch(1, 1, 2), lost: 3 });
  node().tellTrace(batch(2, 7));
  expect(ids()).toEqual([7]);
  expect(trace.lost).toBe(0);
  node().tellTrace(batch(3));
  expect(ids()).toEqual([]);
});

test('what came after a position of another cluster is all of this one’s', () => {
  trace.follow();
  expect(trace.position()).toEqual({ cluster: 0, id: 0 });
  node().tellTrace(batch(1, 1, 2, 3));
  const before = trace.position();
  expect(before).toEqual({ cluster: 1, id: 3 });
  node().tellTrace(batch(1, 4));
  expect(trace.after(before).map(({ id }) => id)).toEqual([4]);
  node().tellTrace(batch(2, 1, 2));
  expect(trace.after(before).map(({ id }) => id)).toEqual([1, 2]);
});

test('the trace of a worker ends with it', async () => {
  trace.follow();
  node().tellTrace(batch(1, 1, 2));
  node().die('The worker ran out of memory.');
  await settled();
  void machine.start('snapshot');
  expect(nodes).toHaveLength(2);
  expect([...node().traceWatches.values()]).toEqual([undefined]);
  expect(ids()).toEqual([]);
  node().tellTrace(batch(1, 3));
  expect(ids()).toEqual([3]);
});

test('a reader is told what is kept, then what comes, then of a new beginning', async () => {
  trace.follow();
  node().tellTrace(batch(1, 1, 2));
  const reader = new Heard();
  const stop = trace.read(reader);
  node().tellTrace(batch(1, 3));
  node().tellTrace(batch(2, 1));
  stop();
  await settled();
  node().tellTrace(batch(2, 2));
  expect(reader.said).toEqual(['begin', '1 2', '3', 'begin', '1']);
});

test('a reader is told what is kept no more', () => {
  const reader = new Heard();
  trace.read(reader);
  for (let first = 1; first <= 25_001; first += 1_000) {
    const part = Array.from({ length: 1_000 }, (_, index) => first + index);
    node().tellTrace(batch(1, ...part));
  }
  expect(reader.said.filter((each) => each.startsWith('retain'))).toEqual(['retain 1: false']);
  expect(trace.lost).toBe(26_000 - trace.records.length);
  expect(trace.lost).toBeGreaterThan(0);
  expect(trace.get(1)).toBeUndefined();
  expect(trace.get(26_000)).toEqual(record(26_000));
});

test('a recorded trace is shown in place of the node’s', async () => {
  trace.follow();
  node().tellTrace(batch(1, 1, 2));
  const tell = trace.replay();
  await settled();
  expect(node().traceWatches.size).toBe(0);
  expect(ids()).toEqual([]);
  tell(batch(9, 4));
  node().tellTrace(batch(1, 3));
  trace.follow();
  expect(node().traceWatches.size).toBe(0);
  expect(ids()).toEqual([4]);
});

import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Cluster } from './cluster.svelte.ts';
import { Machine } from './machine.svelte.ts';

let nodes: FakeNode[];
let machine: Machine;
let cluster: Cluster;

beforeEach(() => {
  nodes = [];
  machine = new Machine(() => {
    const node = new FakeNode();
    nodes.push(node);
    return connectionTo(node);
  }, new ManualClock());
  cluster = new Cluster(machine);
});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const node = () => nodes.at(-1) as FakeNode;

function call(id: number): TraceRecord {
  return { id, time: 5, kind: 'cri-call', service: 's', method: 'RunPodSandbox', request: {} };
}

test('the trace is watched while somebody looks, and only then', async () => {
  expect(node().traceWatches.size).toBe(0);
  const stop = cluster.followCalls();
  const stopOther = cluster.followCalls();
  expect(node().traceWatches.size).toBe(1);
  stop();
  await settled();
  expect(node().traceWatches.size).toBe(1);
  stopOther();
  await settled();
  expect(node().traceWatches.size).toBe(0);
});

test('who looks again finds what was kept meanwhile, once, and how much was not', async () => {
  const stop = cluster.followCalls();
  node().tellTrace({ records: [call(1), call(2)], lost: 0 });
  stop();
  await settled();
  const old = node().tellTrace;
  cluster.followCalls();
  node().tellTrace({ records: [call(2), call(3)], lost: 1 });
  expect(cluster.calls.map(({ id }) => id)).toEqual([2, 3]);
  expect(cluster.lostRecords).toBe(1);
  old({ records: [call(9)], lost: 0 });
  expect(cluster.calls.map(({ id }) => id)).toEqual([2, 3]);
});

test('a start that failed can be tried again', () => {
  cluster.start();
  cluster.start();
  expect(node().clusterStarts).toHaveLength(1);
  cluster.tryAgain();
  expect(node().clusterStarts).toHaveLength(2);
});

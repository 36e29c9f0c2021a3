import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { CriCallRecord } from '#base/trace-records.ts';
import type { CallBatch } from '#rpc/contracts.ts';
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

function call(id: number): CriCallRecord {
  return { id, time: 5, kind: 'cri-call', service: 's', method: 'RunPodSandbox', request: {} };
}

function tell(cluster: number, ...ids: number[]): CallBatch {
  return { cluster, records: ids.map(call), lost: 0 };
}

const idsOfCalls = () => cluster.calls.map(({ id }) => id);

test('the calls are watched while somebody looks, and only then', async () => {
  expect(node().callWatches.size).toBe(0);
  const stop = cluster.followCalls();
  const stopOther = cluster.followCalls();
  expect(node().callWatches.size).toBe(1);
  stop();
  await settled();
  expect(node().callWatches.size).toBe(1);
  stopOther();
  await settled();
  expect(node().callWatches.size).toBe(0);
});

test('who looks again finds the list that was there, and asks for what came since alone', async () => {
  const stop = cluster.followCalls();
  expect([...node().callWatches.values()]).toEqual([{ newest: 500 }]);
  node().tellCalls(tell(7, 1, 2));
  stop();
  await settled();
  const old = node().tellCalls;
  cluster.followCalls();
  expect([...node().callWatches.values()]).toEqual([{ newest: 500, after: { cluster: 7, id: 2 } }]);
  expect(idsOfCalls()).toEqual([1, 2]);
  node().tellCalls({ ...tell(7, 3), lost: 1 });
  expect(idsOfCalls()).toEqual([1, 2, 3]);
  expect(cluster.lostRecords).toBe(1);
  old(tell(7, 9));
  expect(idsOfCalls()).toEqual([1, 2, 3]);
});

test('the list of a worker ends with it', async () => {
  cluster.followCalls();
  node().tellCalls(tell(1, 1, 2));
  node().die('The worker ran out of memory.');
  await settled();
  void machine.start('snapshot');
  expect(nodes).toHaveLength(2);
  expect([...node().callWatches.values()]).toEqual([{ newest: 500 }]);
  expect(idsOfCalls()).toEqual([]);
  node().tellCalls(tell(1, 3));
  expect(idsOfCalls()).toEqual([3]);
});

describe('a start that failed', () => {
  const failure = { code: 'resource-exhausted', message: 'The disk is full.' } as const;

  beforeEach(() => {
    cluster.start();
    cluster.start();
    expect(node().clusterStarts).toHaveLength(1);
    node().tellStatus({ kind: 'failed', failure, retryAt: 5 });
  });

  test('can be tried again, once at a time', () => {
    cluster.tryAgain();
    expect(node().clusterStarts).toHaveLength(2);
    node().tellStatus({ kind: 'starting' });
    cluster.tryAgain();
    expect(node().clusterStarts).toHaveLength(2);
  });

  test('has failed until another has come to its end', () => {
    expect(cluster.hasFailed).toBe(true);
    node().tellStatus({ kind: 'starting' });
    expect(cluster.hasFailed).toBe(true);
    node().tellStatus({ kind: 'running' });
    expect(cluster.hasFailed).toBe(false);
    node().tellStatus({ kind: 'starting' });
    expect(cluster.hasFailed).toBe(false);
  });
});

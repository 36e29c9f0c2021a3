import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
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

const node = () => nodes.at(-1) as FakeNode;

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

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

const web = {
  metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '4' },
  status: { phase: 'Running' },
};

test('what a worker told of its cluster ends with it', async () => {
  cluster.start();
  node().tellPods([web]);
  node().tellEvents([{ metadata: { uid: 'e' }, involvedObject: {} }]);
  node().tellHeld([{ id: 1, point: 'cri/RunPodSandbox', details: {} }]);
  node().tellImages({ images: [{ id: 'sha256:1', references: [], bytes: 1 }], pulls: [] });
  await cluster.breakOn(['cri/*']);
  expect(cluster.held).toHaveLength(1);
  node().die('The worker has died.');
  await node().death;
  expect(cluster.status).toEqual({ kind: 'off' });
  const { pods, lives, events, held, images, breakpoints } = cluster;
  expect({ pods, lives, events, held, ...images }).toEqual({
    ...{ pods: [], lives: [], events: [], held: [], images: [], pulls: [] },
  });
  // What the reader chose is for the next, too.
  expect(breakpoints).toEqual(['cri/*']);
  const dead = node();
  await machine.start('snapshot');
  expect(node()).not.toBe(dead);
  expect(node().calls).toContain('break on cri/*');
  dead.tellPods([web]);
  expect([cluster.status.kind, cluster.pods]).toEqual(['running', []]);
});

test('another cluster of the same worker has no lives of pods from the one before', () => {
  node().tellPods([web]);
  expect(cluster.lives).toHaveLength(1);
  node().tellStatus({ kind: 'off' });
  node().tellPods([]);
  node().tellStatus({ kind: 'starting' });
  node().tellStatus({ kind: 'running' });
  expect(cluster.lives).toEqual([]);
  node().tellPods([{ ...web, metadata: { ...web.metadata, uid: 'u2' } }]);
  expect(cluster.lives.map(({ pod }) => pod.uid)).toEqual(['u2']);
});

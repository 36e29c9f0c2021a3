import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { Kubernetes } from './kubernetes.ts';
import { type ClusterOptions, NodeCluster } from './node-cluster.ts';

/** A machine whose agent is there, and takes nobody's commands. */
class FakeNode {
  readonly time = new ManualClock(1_000_000);
  readonly changes = new Emitter<NodeStatus>();
  status: NodeStatus = { kind: 'running', source: 'snapshot' };
  running: unknown = { agent: { serveHostcalls: () => new Promise(() => undefined) } };

  halt(): void {
    const failure = { code: 'unavailable', message: 'The machine halted.' } as const;
    this.status = { kind: 'halted', failure };
    this.running = undefined;
    this.changes.emit(this.status);
  }
}

let node: FakeNode;
let cluster: NodeCluster;
let tries: number[];
let failing: boolean;
const kubernetes = { run: () => undefined, stop: () => Promise.resolve() } as unknown as Kubernetes;

beforeEach(() => {
  node = new FakeNode();
  tries = [];
  failing = true;
  const prepare = () => {
    tries.push(node.time.now());
    if (!failing) return Promise.resolve(kubernetes);
    return Promise.reject(new SandglassError('resource-exhausted', 'The disk is full.'));
  };
  const options = { nodeName: 'node-1', onError: () => undefined } as unknown as ClusterOptions;
  cluster = new NodeCluster(node as unknown as LinuxNode, options, prepare);
  node.changes.emit(node.status);
});

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed <= milliseconds; passed += 500) {
    await new Promise((resolve) => setImmediate(resolve));
    if (passed < milliseconds) node.time.advance(500);
  }
}

it('tries a start that failed again, later each time, and says when', async () => {
  cluster.start();
  await pass(0);
  expect(cluster.status.value).toEqual({
    kind: 'failed',
    failure: { code: 'resource-exhausted', message: 'The disk is full.' },
    retryAt: 1_001_000,
  });
  await pass(70_000);
  expect(tries).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000]);
  failing = false;
  await pass(30_000);
  expect(cluster.status.value).toEqual({ kind: 'running' });
  expect(tries).toHaveLength(8);
  await pass(120_000);
  expect(tries).toHaveLength(8);
});

it('tries at once when it is asked for, and only then gives what came of it', async () => {
  await expect(cluster.kubernetesToCome()).rejects.toThrow('The disk is full.');
  await pass(0);
  failing = false;
  await expect(cluster.kubernetesToCome()).resolves.toBe(kubernetes);
  expect(tries).toEqual([0, 0]);
  await pass(60_000);
  expect(tries).toHaveLength(2);
});

it('tries no more once the machine has gone', async () => {
  cluster.start();
  await pass(0);
  node.halt();
  expect(cluster.status.value).toEqual({ kind: 'off' });
  await pass(120_000);
  expect(tries).toEqual([0]);
  await expect(cluster.kubernetesToCome()).rejects.toThrow('The cluster is not running.');
});

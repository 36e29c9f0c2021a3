import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { Kubernetes } from './kubernetes.ts';
import { type ClusterOptions, NodeCluster } from './node-cluster.ts';

/** A machine whose agent is there. */
class FakeNode {
  readonly time = new ManualClock(1_000_000);
  readonly changes = new Emitter<NodeStatus>();
  status: NodeStatus = { kind: 'running', source: 'snapshot' };
  /** Each settles to end that service of the node's commands. */
  readonly services: Deferred<void>[] = [];
  running: unknown = {
    agent: {
      serveHostcalls: () => {
        const ended = new Deferred<void>();
        this.services.push(ended);
        return Promise.resolve({ closed: ended.promise, close: () => ended.resolve() });
      },
    },
  };

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
let complaints: string[];
const kubernetes = { run: () => undefined, stop: () => Promise.resolve() } as unknown as Kubernetes;

beforeEach(() => {
  node = new FakeNode();
  tries = [];
  failing = true;
  complaints = [];
  const prepare = () => {
    tries.push(node.time.now());
    if (!failing) return Promise.resolve(kubernetes);
    return Promise.reject(new SandglassError('resource-exhausted', 'The disk is full.'));
  };
  const options: Pick<ClusterOptions, 'nodeName' | 'onError'> = {
    nodeName: 'node-1',
    onError: ({ message }) => complaints.push(message),
  };
  cluster = new NodeCluster(node as unknown as LinuxNode, options as ClusterOptions, prepare);
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

it("answers the node's commands again after that has failed, for as long as the machine is there", async () => {
  await pass(0);
  node.services[0]?.reject(new SandglassError('internal', 'Cannot be read.'));
  await pass(1_000);
  expect(node.services).toHaveLength(2);
  node.halt();
  await pass(60_000);
  expect(node.services).toHaveLength(2);
  expect(complaints).toEqual([
    'What answers kubectl and crictl on the node stopped: Cannot be read. It is started again in 1 s.',
  ]);
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

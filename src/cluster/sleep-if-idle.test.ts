import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { cancelledError } from '#base/errors.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import { type SleepyNode, sleepIfIdle } from './sleep-if-idle.ts';

/** A node at rest, unless told otherwise. */
class RestingNode implements SleepyNode {
  status: NodeStatus = { kind: 'running', source: 'snapshot' };
  readonly changes = new Emitter<NodeStatus>();
  instructions = 0;
  work: number | undefined;
  /** Answers only when its call is given up. */
  silent = false;
  asked = 0;
  readonly running = {
    machine: { facts: () => ({ instructions: this.instructions }) },
    agent: { system: { findWork: (signal: AbortSignal) => this.#findWork(signal) } },
  };

  pause(by: 'reader' | 'sleep'): Promise<void> {
    this.set({ kind: 'paused', by });
    return Promise.resolve();
  }

  set(status: NodeStatus): void {
    this.status = status;
    this.changes.emit(status);
  }

  #findWork(signal: AbortSignal): Promise<number | undefined> {
    this.asked += 1;
    if (!this.silent) return Promise.resolve(this.work);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(cancelledError(signal));
      });
    });
  }
}

let node: RestingNode;
let clock: ManualClock;
beforeEach(() => {
  node = new RestingNode();
  clock = new ManualClock();
});

test('a node at rest sleeps', async () => {
  const asked = sleepIfIdle(node, clock);
  clock.advance(2000);
  expect(await asked).toBe(true);
  expect(node.status).toEqual({ kind: 'paused', by: 'sleep' });
});

test('a node that executes much stays awake', async () => {
  const asked = sleepIfIdle(node, clock);
  node.instructions = 200_000;
  clock.advance(2000);
  expect(await asked).toBe(false);
  expect(node.status.kind).toBe('running');
});

test('a node with a process that only waits stays awake', async () => {
  node.work = 77;
  const asked = sleepIfIdle(node, clock);
  clock.advance(2000);
  expect(await asked).toBe(false);
  expect(node.status.kind).toBe('running');
});

test("the reader's pause while the node is watched stays the reader's", async () => {
  const asked = sleepIfIdle(node, clock);
  await node.pause('reader');
  clock.advance(2000);
  expect(await asked).toBe(false);
  expect(node.status).toEqual({ kind: 'paused', by: 'reader' });
});

test('a node that is paused while it is asked does not sleep when it goes on', async () => {
  node.silent = true;
  const asked = sleepIfIdle(node, clock);
  clock.advance(2000);
  await expect.poll(() => node.asked).toBe(1);
  await node.pause('reader');
  expect(await asked).toBe(false);
  expect(node.changes.listenerCount).toBe(0);
});

test('a node that does not run is not asked', async () => {
  await node.pause('reader');
  expect(await sleepIfIdle(node, clock)).toBe(false);
  expect(node.status).toEqual({ kind: 'paused', by: 'reader' });
});

test('what goes wrong in asking is told', async () => {
  const broken = Object.assign(node, {
    running: {
      ...node.running,
      agent: { system: { findWork: () => Promise.reject(new Error('no /proc')) } },
    },
  });
  const asked = sleepIfIdle(broken, clock);
  clock.advance(2000);
  await expect(asked).rejects.toThrow('no /proc');
  expect(node.status.kind).toBe('running');
});

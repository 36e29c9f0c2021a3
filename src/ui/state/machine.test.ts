import { beforeEach, expect, test, vi } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Machine } from './machine.svelte.ts';

let nodes: FakeNode[];
let machine: Machine;
let reasons: string[];

beforeEach(() => {
  nodes = [];
  machine = new Machine(() => {
    const node = new FakeNode();
    nodes.push(node);
    return connectionTo(node);
  });
  reasons = [];
  machine.ended.listen((reason) => reasons.push(reason));
});

function node(index = 0): FakeNode {
  const found = nodes[index];
  if (!found) throw new Error(`No connection ${index}.`);
  return found;
}

test('follows the status', async () => {
  await machine.start('snapshot');
  expect(machine.status).toEqual({ kind: 'running', source: 'snapshot' });
  expect(machine.running).toBe(true);
});

test('a start that fails without a status becomes one', async () => {
  node().onStart = () => Promise.reject(new SandglassError('unavailable', 'No worker.'));
  await machine.start('snapshot');
  expect(machine.status).toMatchObject({ kind: 'failed', failure: { message: 'No worker.' } });
});

test('a start that another took the place of is no failure', async () => {
  node().onStart = () => Promise.reject(new SandglassError('cancelled', 'Started anew.'));
  await machine.start('snapshot');
  expect(machine.status.kind).toBe('off');
});

test("a status that tells more comes over a start's own failure", async () => {
  node().onStart = () => Promise.reject(new SandglassError('internal', 'Panic.'));
  await machine.start('cold-boot');
  const failure = { code: 'internal', message: 'Panic.' } as const;
  node().setStatus({ kind: 'failed', during: 'starting', failure, console: 'lines' });
  expect(machine.status).toMatchObject({ console: 'lines' });
});

test('after a failure a start has a worker of its own', async () => {
  node().onStart = () => Promise.reject(new SandglassError('unavailable', 'Gone.'));
  await machine.start('snapshot');
  await machine.start('snapshot');
  expect(nodes).toHaveLength(2);
  expect(node(0).disposed).toBe(true);
  expect(machine.running).toBe(true);
});

test('a worker that dies is a failure of the running machine', async () => {
  await machine.start('snapshot');
  node().die('The worker ran out of memory.');
  await vi.waitFor(() => {
    expect(machine.status).toMatchObject({ kind: 'failed', during: 'running' });
  });
  expect(reasons.at(-1)).toBe('The worker ran out of memory.');
});

test('what a worker says after another took its place is not heard', async () => {
  await machine.start('snapshot');
  node(0).die('Gone.');
  await vi.waitFor(() => {
    expect(machine.status.kind).toBe('failed');
  });
  await machine.start('snapshot');
  node(0).setStatus({ kind: 'off' });
  expect(machine.running).toBe(true);
});

test('says why the machine that ran is gone', async () => {
  await machine.start('snapshot');
  reasons.length = 0;
  await machine.start('cold-boot');
  expect(reasons).toEqual(['node-1 was switched off and on again.']);
  const failure = { code: 'aborted', message: 'The guest switched itself off.' } as const;
  node().setStatus({ kind: 'halted', failure });
  expect(reasons.at(-1)).toBe('The guest switched itself off.');
});

test('says what happened when only the agent is gone', async () => {
  await machine.start('snapshot');
  reasons.length = 0;
  const lost = { code: 'unavailable', message: 'The agent has ended.' } as const;
  node().setStatus({ kind: 'starting', source: 'snapshot', lost });
  expect(reasons).toEqual(['The agent has ended.']);
});

test('facts of a machine that is gone are not kept', async () => {
  await machine.start('snapshot');
  await machine.refreshFacts();
  expect(machine.facts?.kernel).toBe('Linux 6.1.192 i686');
  node().setStatus({ kind: 'starting', source: 'snapshot' });
  expect(machine.facts).toBeUndefined();
});

test('passes on what goes wrong without an end, of the worker of now only', async () => {
  const noticed: string[] = [];
  machine.noticed.listen(({ message }) => noticed.push(message));
  await machine.start('snapshot');
  node(0).notice('A file could not be fetched.');
  node(0).die('Gone.');
  await vi.waitFor(() => {
    expect(machine.status.kind).toBe('failed');
  });
  await machine.start('snapshot');
  node(0).notice('Of a machine that is gone.');
  node(1).notice('Another file could not be fetched.');
  expect(noticed).toEqual(['A file could not be fetched.', 'Another file could not be fetched.']);
});

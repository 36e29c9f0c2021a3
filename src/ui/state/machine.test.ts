import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Machine } from './machine.svelte.ts';

let nodes: FakeNode[];
let clock: ManualClock;
/** What is special about the next worker. */
let onConnect: (node: FakeNode) => void;
let machine: Machine;
let reasons: string[];

beforeEach(() => {
  nodes = [];
  clock = new ManualClock();
  onConnect = () => undefined;
  machine = connected();
  reasons = [];
  machine.ended.listen((reason) => reasons.push(reason));
});

function connected(): Machine {
  return new Machine(() => {
    const node = new FakeNode();
    onConnect(node);
    nodes.push(node);
    return connectionTo(node);
  }, clock);
}

/** Lets what has been asked be answered. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

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

test('says that a saved cluster was opened, also if the status comes after the answer', async () => {
  await machine.start('snapshot');
  reasons.length = 0;
  vi.spyOn(node(), 'openCheckpoint').mockResolvedValue({
    savedAt: 0,
    pods: 0,
    memoryBytes: 0,
    build: '',
  });
  await machine.openCheckpoint(new MessageChannel().port2);
  node().setStatus({ kind: 'starting', source: 'checkpoint' });
  expect(reasons).toEqual(['A saved cluster was opened in its place.']);
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

test('a worker that dies after the machine was switched off is replaced at the next start', async () => {
  await machine.start('snapshot');
  const failure = { code: 'aborted', message: 'The guest switched itself off.' } as const;
  const halted = { kind: 'halted', failure } as const;
  node().setStatus(halted);
  node().die('The worker ran out of memory.');
  node().onStart = () => Promise.reject(new SandglassError('unavailable', 'Out of memory.'));
  await node().death;
  // What the reader saw last is still how it is.
  expect(machine.status).toEqual(halted);
  await machine.start('cold-boot');
  expect(nodes).toHaveLength(2);
  expect(machine.status).toEqual({ kind: 'running', source: 'cold-boot' });
});

test('a start that fails after the machine was switched off is said', async () => {
  await machine.start('snapshot');
  const failure = { code: 'aborted', message: 'The guest switched itself off.' } as const;
  node().setStatus({ kind: 'halted', failure });
  node().onStart = () => Promise.reject(new SandglassError('internal', 'It could not begin.'));
  await machine.start('snapshot');
  expect(machine.status).toMatchObject({
    kind: 'failed',
    failure: { message: 'It could not begin.' },
  });
});

test('a retry that fails without a status is said in its own words', async () => {
  node().onStart = () => Promise.reject(new SandglassError('unavailable', 'No worker.'));
  await machine.start('snapshot');
  onConnect = (next) => {
    next.watchStatus = () => new Promise(() => undefined);
    next.onStart = () => Promise.reject(new SandglassError('unavailable', 'Still none.'));
  };
  await machine.start('snapshot');
  expect(machine.status).toMatchObject({ failure: { message: 'Still none.' } });
});

test('a worker whose script does not come is a failure after 30 seconds, until it comes', async () => {
  let greet: () => void = () => undefined;
  onConnect = (next) => {
    next.watchStatus = (listener) =>
      new Promise((resolve) => {
        greet = () => {
          listener({ kind: 'running', source: 'snapshot' });
          resolve();
        };
      });
  };
  machine = connected();
  void machine.start('snapshot');
  clock.advance(29_999);
  await settle();
  expect(machine.status.kind).toBe('off');
  clock.advance(1);
  await settle();
  expect(machine.status).toMatchObject({
    kind: 'failed',
    during: 'loading',
    failure: { message: expect.stringContaining('not answered for 30 seconds') as string },
  });
  greet();
  expect(machine.running).toBe(true);
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

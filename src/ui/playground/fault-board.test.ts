import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { ManualClock } from '#base/clock.ts';
import { Machine } from '#ui/state/machine.svelte.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { FaultBoard, slowRate } from './fault-board.svelte.ts';

let nodes: FakeNode[];
let clock: ManualClock;
let machine: Machine;
let board: FaultBoard;
let typed: string[];
/** What the probes find on the node; nothing while it does not answer. */
let found: string | undefined;
let over: AbortController;

/** Milliseconds for what comes over a port, on a busy machine. */
const patience = 10_000;
const node = () => nodes.at(-1) as FakeNode;
const asked = (node?: FakeNode) => node?.calls.filter((call) => call.startsWith('run')).length;

beforeEach(async () => {
  nodes = [];
  typed = [];
  found = '';
  over = new AbortController();
  clock = new ManualClock();
  machine = await startMachine();
  board = new FaultBoard(machine, clock, (command) => typed.push(command));
});

async function startMachine(): Promise<Machine> {
  const started = new Machine(() => {
    const made = new FakeNode();
    made.runCommand = async (command, port, errors) => {
      made.calls.push(`run ${command.length > 0}`);
      const { outgoing } = new BytePort(port);
      if (found === undefined) return new Promise(() => undefined);
      if (found) await outgoing.write(new TextEncoder().encode(found));
      outgoing.end();
      new BytePort(errors).outgoing.end();
      return { kind: 'exited', code: 0 };
    };
    nodes.push(made);
    return connectionTo(made);
  }, clock);
  await started.start('snapshot');
  return started;
}

afterEach(() => over.abort());

test('what no command breaks is the cluster’s to break, and to mend', async () => {
  await board.toggle('runtime');
  await board.toggle('registry');
  expect(node().faults).toEqual({ runtimeStopped: true, registryBytesPerSecond: slowRate });
  expect(board.made).toEqual(['runtime', 'registry']);
  await board.toggle('runtime');
  expect(node().faults).toEqual({ runtimeStopped: false, registryBytesPerSecond: slowRate });
  expect(board.made).toEqual(['registry']);
  expect(typed).toEqual([]);
});

test('a command is typed, and the node is asked whether it has worked', async () => {
  void board.look(over.signal);
  const make = board.commandOf('network');
  await board.toggle('network');
  expect(typed).toEqual([make]);
  expect(board.isMade('network')).toBe(false);
  found = 'network\n';
  await vi.waitFor(() => {
    clock.advance(2000);
    expect(board.made).toEqual(['network']);
  }, patience);
  expect(board.commandOf('network')).not.toBe(make);
  await board.toggle('network');
  expect(typed).toHaveLength(2);
  expect(typed[1]).not.toBe(make);
});

test('the node is asked while somebody looks, and only then', async () => {
  const [watched] = nodes;
  expect(asked(watched)).toBe(0);
  const notAnyMore = new AbortController();
  const looking = board.look(notAnyMore.signal);
  await vi.waitFor(() => {
    clock.advance(2000);
    expect(asked(watched)).toBeGreaterThan(1);
  }, patience);
  notAnyMore.abort();
  await looking;
  const before = asked(watched);
  // By the same clock another node is asked again and again meanwhile.
  const other = await startMachine();
  void new FaultBoard(other, clock, () => undefined).look(over.signal);
  await vi.waitFor(() => {
    clock.advance(2000);
    expect(asked(nodes[1])).toBeGreaterThan(3);
  }, patience);
  expect(asked(watched)).toBe(before);
});

test('a node that does not answer is asked once, and the board says that it knows nothing', async () => {
  found = undefined;
  void board.look(over.signal);
  await vi.waitFor(() => expect(asked(node())).toBe(1), patience);
  expect(board.silent).toBe(false);
  await vi.waitFor(() => {
    clock.advance(15_000);
    expect(board.silent).toBe(true);
  }, patience);
  clock.advance(60_000);
  expect(asked(node())).toBe(1);
  // A machine that begins anew owes no answer.
  found = 'network\n';
  await machine.start('snapshot');
  expect(board.silent).toBe(false);
  await vi.waitFor(() => {
    clock.advance(2000);
    expect(board.made).toEqual(['network']);
  }, patience);
});

test('a fault that the cluster does not answer for is no wait without an end', async () => {
  node().setFaults = () => new Promise(() => undefined);
  const refused = expect(board.toggle('runtime')).rejects.toMatchObject({
    code: 'deadline-exceeded',
    message: expect.stringContaining('has not answered for 15 seconds') as string,
  });
  clock.advance(15_000);
  await refused;
  expect(board.made).toEqual([]);
});

test('another worker has no faults', async () => {
  await board.toggle('runtime');
  node().die('It is gone.');
  await vi.waitFor(() => expect(machine.status.kind).toBe('failed'), patience);
  await machine.start('snapshot');
  expect(nodes).toHaveLength(2);
  expect(board.made).toEqual([]);
});

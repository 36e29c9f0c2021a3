import { beforeEach, expect, test, vi } from 'vitest';
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
/** What the probes find on the node. */
let found: string;

/** Milliseconds for what comes over a port, on a busy machine. */
const patience = 10_000;
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const node = () => nodes.at(-1) as FakeNode;

beforeEach(async () => {
  nodes = [];
  typed = [];
  found = '';
  clock = new ManualClock();
  machine = new Machine(() => {
    const made = new FakeNode();
    made.runCommand = async (command, port, errors) => {
      made.calls.push(`run ${command.length > 0}`);
      const { outgoing } = new BytePort(port);
      if (found) await outgoing.write(new TextEncoder().encode(found));
      outgoing.end();
      new BytePort(errors).outgoing.end();
      return { kind: 'exited', code: 0 };
    };
    nodes.push(made);
    return connectionTo(made);
  }, clock);
  board = new FaultBoard(machine, clock, (command) => typed.push(command));
  await machine.start('snapshot');
});

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
  const stop = board.look();
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
  stop();
});

test('the node is asked while somebody looks, and only then', async () => {
  const asked = () => node().calls.filter((call) => call.startsWith('run')).length;
  expect(asked()).toBe(0);
  const stop = board.look();
  await vi.waitFor(() => {
    clock.advance(2000);
    expect(asked()).toBeGreaterThan(1);
  }, patience);
  stop();
  await settled();
  const before = asked();
  clock.advance(10_000);
  await settled();
  expect(asked()).toBe(before);
});

test('another worker has no faults', async () => {
  await board.toggle('runtime');
  node().die('It is gone.');
  await settled();
  await machine.start('snapshot');
  expect(nodes).toHaveLength(2);
  expect(board.made).toEqual([]);
});

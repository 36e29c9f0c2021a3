import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { IdleSleep } from './idle-sleep.ts';
import { Machine } from './machine.svelte.ts';

const minute = 60_000;

let node: FakeNode;
let clock: ManualClock;
let hidden: boolean;
let changes: Emitter<undefined>;
let machine: Machine;
let sleeper: IdleSleep;

beforeEach(async () => {
  node = new FakeNode();
  clock = new ManualClock();
  hidden = false;
  changes = new Emitter();
  machine = new Machine(() => connectionTo(node), clock);
  await machine.start('snapshot');
  node.calls.length = 0;
  const visibility = {
    get hidden() {
      return hidden;
    },
    listen: (listener: () => void) => changes.listen(listener),
  };
  sleeper = new IdleSleep(machine, clock, visibility);
});

function setHidden(value: boolean): void {
  hidden = value;
  changes.emit(undefined);
}

/** Lets what has been asked be answered. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test('a visible page never sleeps', async () => {
  clock.advance(60 * minute);
  await settle();
  expect(node.calls).toEqual([]);
});

test('a page hidden for five minutes sleeps, and wakes when it is seen again', async () => {
  setHidden(true);
  clock.advance(5 * minute - 1);
  await settle();
  expect(node.calls).toEqual([]);
  clock.advance(1);
  await settle();
  expect(node.calls).toEqual(['sleepIfIdle']);
  clock.advance(60 * minute);
  await settle();
  expect(node.calls).toEqual(['sleepIfIdle']);
  setHidden(false);
  await settle();
  expect(node.calls).toEqual(['sleepIfIdle', 'resume']);
});

test('what keeps the machine from waking is said', async () => {
  const noticed: string[] = [];
  machine.noticed.listen(({ message }) => noticed.push(message));
  vi.spyOn(node, 'resume').mockRejectedValue(
    new SandglassError('deadline-exceeded', 'The agent did not answer.'),
  );
  setHidden(true);
  clock.advance(5 * minute);
  await settle();
  setHidden(false);
  await settle();
  expect(noticed).toEqual(['node-1 could not be woken. The agent did not answer.']);
});

test('a page seen again in time does not sleep', async () => {
  setHidden(true);
  clock.advance(4 * minute);
  setHidden(false);
  clock.advance(10 * minute);
  await settle();
  expect(node.calls).toEqual([]);
});

test('a busy machine is asked again each minute', async () => {
  node.idle = false;
  setHidden(true);
  clock.advance(5 * minute);
  await settle();
  clock.advance(minute);
  await settle();
  node.idle = true;
  clock.advance(minute);
  await settle();
  clock.advance(minute);
  await settle();
  expect(node.calls).toEqual(['sleepIfIdle', 'sleepIfIdle', 'sleepIfIdle']);
});

test('a reader who comes back while the machine is asked finds it awake', async () => {
  const { promise, resolve } = deferred();
  vi.spyOn(node, 'sleepIfIdle').mockImplementation(async () => {
    await promise;
    node.setStatus({ kind: 'paused', by: 'sleep' });
    return true;
  });
  setHidden(true);
  clock.advance(5 * minute);
  setHidden(false);
  resolve();
  await vi.waitFor(() => {
    expect(node.calls).toEqual(['resume']);
  });
});

test('a page that was seen while its busy machine was asked waits its whole time again, once', async () => {
  const { promise, resolve } = deferred();
  const ask = vi.spyOn(node, 'sleepIfIdle').mockImplementation(async () => {
    await promise;
    return false;
  });
  setHidden(true);
  clock.advance(5 * minute);
  setHidden(false);
  setHidden(true);
  resolve();
  await settle();
  clock.advance(5 * minute - 1);
  await settle();
  expect(ask).toHaveBeenCalledTimes(1);
  clock.advance(1);
  await settle();
  expect(ask).toHaveBeenCalledTimes(2);
  setHidden(false);
  clock.advance(60 * minute);
  await settle();
  expect(ask).toHaveBeenCalledTimes(2);
});

test("a machine that the reader paused is not woken by the reader's return", async () => {
  setHidden(true);
  await node.pause();
  clock.advance(10 * minute);
  setHidden(false);
  await settle();
  expect(node.calls).toEqual(['pause']);
});

test('nothing is asked again once it is disposed of', async () => {
  const { promise, resolve } = deferred();
  const ask = vi.spyOn(node, 'sleepIfIdle').mockImplementation(async () => {
    await promise;
    return false;
  });
  setHidden(true);
  clock.advance(5 * minute);
  sleeper.dispose();
  resolve();
  await settle();
  clock.advance(60 * minute);
  await settle();
  expect(ask).toHaveBeenCalledTimes(1);
});

test('nothing happens once it is disposed of', async () => {
  setHidden(true);
  sleeper.dispose();
  clock.advance(10 * minute);
  await settle();
  expect(node.calls).toEqual([]);
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

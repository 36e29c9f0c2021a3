import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { MachineEvent } from '#vm/events.ts';
import type { Machine } from '#vm/machine.ts';
import { type NodeParts, bringUpNode, greetAgent } from './bring-up.ts';
import { LinuxNode, type LinuxNodeOptions } from './linux-node.ts';

// Modules are loaded once for all files: here they are loaded anew with stand-ins, and for others as they are again.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.resetModules();
});
vi.mock('./bring-up.ts', () => ({ bringUpNode: vi.fn(), greetAgent: vi.fn() }));
vi.mock('./node-images.ts', () => ({ loadNode: () => Promise.resolve({}) }));

/** A machine that stands still when the test says so. */
function fakeMachine() {
  const standing = new Deferred<undefined>();
  const machine = {
    state: 'running',
    events: new Emitter<MachineEvent>(),
    console: { scrollback: () => new Uint8Array() },
    pause: () =>
      standing.promise.then(() => {
        machine.state = 'paused';
      }),
    resume: () => {
      machine.state = 'running';
    },
    dispose: () => {
      machine.state = 'disposed';
    },
  };
  return { machine, standing };
}

const fakeAgent = () => ({ closed: new Emitter<SandglassError>(), dispose: () => undefined });
const lost = new SandglassError('unavailable', 'It has ended.');

describe('a node that is to be paused', () => {
  let node: LinuxNode;
  let fake: ReturnType<typeof fakeMachine>;
  let agent: ReturnType<typeof fakeAgent>;

  beforeEach(async () => {
    vi.mocked(bringUpNode).mockImplementation((_images, _profile, { onMachine }) => {
      fake = fakeMachine();
      agent = fakeAgent();
      onMachine(fake.machine as unknown as Machine);
      return Promise.resolve({ machine: fake.machine, agent, archive: {} } as unknown as NodeParts);
    });
    node = new LinuxNode({ clock: systemClock, hostname: 'node-1' } as LinuxNodeOptions);
    await node.start('snapshot');
  });

  it('is when its machine stands', async () => {
    const pausing = node.pause('reader');
    expect(node.status.kind).toBe('running');
    fake.standing.resolve(undefined);
    await pausing;
    expect(node.status).toEqual({ kind: 'paused', by: 'reader' });
  });

  it('has a time that stands still with its machine', async () => {
    fake.standing.resolve(undefined);
    await node.pause('reader');
    const paused = node.time.now();
    let due = 0;
    node.time.schedule(0, () => due++);
    await new Promise((resolve) => systemClock.schedule(5, () => resolve(undefined)));
    expect([node.time.now(), due]).toEqual([paused, 0]);
    node.stop();
    await vi.waitFor(() => {
      expect(due).toBe(1);
    });
  });

  it('is not said to be paused when another has been started meanwhile', async () => {
    const { standing } = fake;
    const pausing = expect(node.pause('reader')).rejects.toMatchObject({ code: 'unavailable' });
    await node.start('snapshot');
    standing.resolve(undefined);
    await pausing;
    expect(node.status.kind).toBe('running');
    expect(fake.machine.state).toBe('running');
  });

  it('runs on when its agent has died meanwhile, so that a new one can answer', async () => {
    const greeted = new Deferred<NodeParts['agent']>();
    vi.mocked(greetAgent).mockReturnValue(greeted.promise);
    const pausing = expect(node.pause('sleep')).rejects.toMatchObject({ code: 'unavailable' });
    agent.closed.emit(lost);
    fake.standing.resolve(undefined);
    await pausing;
    expect(fake.machine.state).toBe('running');
    expect(node.status.kind).toBe('starting');
    greeted.resolve(fakeAgent() as unknown as NodeParts['agent']);
    await vi.waitFor(() => {
      expect(node.status.kind).toBe('running');
    });
  });

  it('stays failed when its machine has failed meanwhile', async () => {
    const pausing = expect(node.pause('reader')).rejects.toMatchObject({ code: 'unavailable' });
    fake.machine.events.emit({ type: 'emulator-failed', error: lost });
    fake.standing.resolve(undefined);
    await pausing;
    expect(node.status.kind).toBe('failed');
    expect(fake.machine.state).toBe('paused');
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Machine } from '#vm/machine.ts';
import type { MachineEvent } from '#vm/events.ts';
import { arpRequest } from './arp.ts';
import { type TestGuest, bootedSnapshot, nextEvent, restoreTestGuest } from './guest.ts';

const machines: Machine[] = [];
async function testGuest(): Promise<TestGuest> {
  const guest = await restoreTestGuest(await bootedSnapshot());
  machines.push(guest.machine);
  return guest;
}
afterEach(() => {
  for (const machine of machines.splice(0)) machine.dispose();
  vi.restoreAllMocks();
});

describe('a guest', () => {
  it('that panics is a crashed machine that says why', async () => {
    const { machine } = await testGuest();
    const states: string[] = [];
    machine.events.listen((event) => {
      if (event.type === 'state') states.push(event.state);
    });
    const panic = nextEvent(machine, 'guest-panic');
    machine.console.send('1 die\n');
    const { message, lastLines } = await panic;
    expect(message).toContain('Attempted to kill init!');
    expect(lastLines.at(-1)).toContain('end Kernel panic');
    expect(machine.state).toBe('crashed');
    expect(states).toEqual(['crashed']);
    await expect(machine.channel(1).send(new Uint8Array(1))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(machine.snapshot()).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  it.each(['halt', 'poweroff'])('that does a %s is a halted machine', async (command) => {
    const guest = await testGuest();
    const halted = nextEvent(guest.machine, 'cpu-halted');
    guest.start(command);
    await halted;
    expect(guest.machine.state).toBe('halted');
  });

  it('that restarts is a halted machine', async () => {
    const guest = await testGuest();
    const reset = nextEvent(guest.machine, 'guest-reset');
    guest.start('restart');
    await reset;
    expect(guest.machine.state).toBe('halted');
  });
});

describe('a listener that throws', () => {
  const mine = new Error('mine');
  const throwing = () => {
    throw mine;
  };

  it('on the console is reported, and the machine runs on', async () => {
    const guest = await testGuest();
    guest.machine.console.listen(throwing);
    const failed = nextEvent(guest.machine, 'listener-failed');
    expect(await guest.run('ping')).toBe('pong');
    expect(await failed).toMatchObject({ source: 'console', error: { message: 'mine' } });
    expect(await guest.run('ping')).toBe('pong');
  });

  it('on a channel is reported, and the machine runs on', async () => {
    const guest = await testGuest();
    const failed = nextEvent(guest.machine, 'listener-failed');
    guest.machine.channel(1).listen(throwing);
    guest.start('echo 1');
    await guest.machine.channel(1).send(Uint8Array.of(1));
    expect(await failed).toMatchObject({ source: 'channel 1' });
    expect(await guest.run('ping')).toBe('pong');
  });

  it('on the NIC is reported, and the machine runs on', async () => {
    const guest = await testGuest();
    const failed = nextEvent(guest.machine, 'listener-failed');
    guest.machine.nic?.listen(throwing);
    expect(await guest.run('up 0x0a000002')).toBe('up');
    guest.machine.nic?.send(arpRequest());
    expect(await failed).toMatchObject({ source: 'nic' });
    expect(await guest.run('ping')).toBe('pong');
  });

  it('for events hurts nobody', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const guest = await testGuest();
    guest.machine.events.listen(throwing);
    await guest.machine.pause();
    guest.machine.resume();
    expect(await guest.run('ping')).toBe('pong');
    expect(console.error).toHaveBeenCalled();
  });
});

/** (module (func (export "f") (param i32) unreachable)): a compiled block that traps. */
const trappingBlock = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 1, 0x7f, 0, 3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0, 10, 5, 1, 3, 0, 0, 11],
);

describe('an emulator', () => {
  it('that traps is a crashed machine, not one that never ticks again', async () => {
    const { machine } = await testGuest();
    const instantiate = WebAssembly.instantiate.bind(WebAssembly);
    const failed = nextEvent(machine, 'emulator-failed');
    vi.spyOn(WebAssembly, 'instantiate').mockImplementation(((code: unknown, imports?: never) =>
      instantiate(
        code instanceof Uint8Array ? trappingBlock : (code as Uint8Array<ArrayBuffer>),
        imports,
      )) as unknown as typeof WebAssembly.instantiate);
    machine.console.send('1 spin\n');
    const { error } = await failed;
    expect(error.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    expect(machine.state).toBe('crashed');
    const disposed: MachineEvent[] = [];
    machine.events.listen((event) => disposed.push(event));
    machine.dispose();
    expect(disposed).toEqual([{ type: 'state', state: 'disposed', previous: 'crashed' }]);
  });

  it('whose compiled blocks are refused goes on, and compiles again when it may', async () => {
    const guest = await testGuest();
    const instantiate = WebAssembly.instantiate.bind(WebAssembly);
    let refused = 0;
    let compiled = 0;
    vi.spyOn(WebAssembly, 'instantiate').mockImplementation(((code: never, imports?: never) => {
      if (refused < 5) {
        refused++;
        return Promise.reject(new RangeError('out of memory'));
      }
      compiled++;
      return instantiate(code, imports);
    }) as unknown as typeof WebAssembly.instantiate);
    const failures: MachineEvent[] = [];
    guest.machine.events.listen((event) => {
      if (event.type === 'jit-failed') failures.push(event);
    });
    guest.start('nap 2000 10');
    while (compiled < 5) expect(await guest.run('ping')).toBe('pong');
    expect(failures).toHaveLength(5);
  });
});

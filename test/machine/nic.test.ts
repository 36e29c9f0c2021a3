import { afterEach, describe, expect, it } from 'vitest';
import { Machine } from '#vm/machine.ts';
import { arpAnswer, arpRequest } from './arp.ts';
import { TestGuest, bootedSnapshot, restoreTestGuest, testImages, testProfile } from './guest.ts';
import { loadWasm } from './images.ts';

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.dispose();
});

describe('the NIC', () => {
  it('survives frames from before its driver is up', async () => {
    const options = { wasm: await loadWasm(), paused: true };
    const machine = await Machine.coldBoot(testProfile, await testImages(), options);
    machines.push(machine);
    const guest = new TestGuest(machine);
    for (let i = 0; i < 5; i++) expect(machine.nic?.send(arpRequest())).toBe(false);
    machine.resume();
    // Through all of the boot, too.
    const flood = setInterval(() => machine.nic?.send(arpRequest()), 1);
    await guest.line('READY');
    clearInterval(flood);
    expect(machine.nic?.counters.framesDropped).toBeGreaterThan(5);
    expect(await guest.run('up 0x0a000002')).toBe('up');
    expect(await arpAnswer(guest)).toBe(machine.nic?.mac);
    expect(await guest.run('show /sys/class/net/eth0/mtu')).toBe('9000');
  });

  it('gets an address of its own on every restore, which the guest can take', async () => {
    const snapshot = await bootedSnapshot();
    const first = await restoreTestGuest(snapshot);
    const second = await restoreTestGuest(snapshot, { mac: '02:00:00:00:00:22' });
    machines.push(first.machine, second.machine);
    expect(second.machine.nic?.mac).toBe('02:00:00:00:00:22');
    expect(first.machine.nic?.mac).not.toBe(first.machine.restoredFrom?.mac);
    for (const guest of [first, second]) {
      // The guest knows the snapshot's until it is told.
      const old = guest.machine.restoredFrom?.mac;
      expect(await guest.run('show /sys/class/net/eth0/address')).toBe(old);
      const own = guest.machine.nic?.mac ?? '';
      expect(await guest.run(`setmac ${own}`)).toBe('set');
      expect(await guest.run('up 0x0a000002')).toBe('up');
      expect(await arpAnswer(guest)).toBe(own);
      expect(guest.machine.nic?.mac).toBe(own);
    }
  });

  it('counts and refuses what its ring has no room for', async () => {
    const guest = await restoreTestGuest(await bootedSnapshot());
    machines.push(guest.machine);
    expect(await guest.run('up 0x0a000002')).toBe('up');
    const { nic } = guest.machine;
    let taken = 0;
    // Not a task goes by, so the guest cannot refill.
    for (let i = 0; i < 2000; i++) if (nic?.send(arpRequest()) === true) taken++;
    expect(taken).toBeGreaterThan(100);
    expect(taken).toBeLessThanOrEqual(1024);
    expect(nic?.counters.framesDropped).toBe(2000 - taken);
    expect(await guest.run('ping')).toBe('pong');
  });
});

import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { Machine } from '#vm/machine.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  readSnapshotHeader,
  replacePayload,
} from '#vm/snapshot-file.ts';
import {
  TestGuest,
  bootTestGuest,
  bootedSnapshot,
  nextEvent,
  restoreTestGuest,
  testImages,
  testProfile,
} from './guest.ts';
import { loadWasm } from './images.ts';

const machines: Machine[] = [];
function kept(guest: TestGuest): TestGuest {
  machines.push(guest.machine);
  return guest;
}
afterEach(() => {
  for (const machine of machines.splice(0)) machine.dispose();
});

function compress(state: Uint8Array): Uint8Array {
  return new Uint8Array(execFileSync('zstd', ['-q', '-c'], { input: state, maxBuffer: 1 << 28 }));
}

describe('a cold boot', () => {
  it('runs from the first instruction to a guest that answers', async () => {
    const guest = kept(await bootTestGuest());
    expect(guest.machine.state).toBe('running');
    expect(await guest.run('ping')).toBe('pong');
    expect(await guest.run('show /proc/cmdline')).toBe(testProfile.commandLine);
    const facts = guest.machine.facts();
    expect(facts.instructions).toBeGreaterThan(1e6);
    expect(facts.memoryBytes).toBe(testProfile.memoryBytes);
    expect(facts.emulatorBytes).toBeGreaterThan(testProfile.memoryBytes);
    expect(new TextDecoder().decode(guest.machine.console.scrollback())).toContain('READY');
  });

  it('waits before its first instruction if asked to', async () => {
    const options = { wasm: await loadWasm(), paused: true };
    const machine = await Machine.coldBoot(testProfile, await testImages(), options);
    const guest = kept(new TestGuest(machine));
    expect(machine.state).toBe('paused');
    expect(machine.facts().instructions).toBe(0);
    machine.resume();
    await guest.line('READY');
  });

  it('is refused with images that cannot boot', async () => {
    const images = await testImages();
    const wasm = await loadWasm();
    const wrong = { ...images, kernel: images.kernel.slice(0, images.kernel.length / 2) };
    await expect(Machine.coldBoot(testProfile, wrong, { wasm })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    const small = { ...testProfile, memoryBytes: 16 << 20 };
    await expect(Machine.coldBoot(small, images, { wasm })).rejects.toThrow('too small');
  });

  it('can be given up at any time', async () => {
    const abort = new AbortController();
    const booting = bootTestGuest({ signal: abort.signal });
    abort.abort();
    await expect(booting).rejects.toMatchObject({ code: 'cancelled' });

    const options = { wasm: await loadWasm() };
    const machine = await Machine.coldBoot(testProfile, await testImages(), options);
    const sent = machine.channel(1).send(new Uint8Array(1));
    machine.dispose();
    await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    expect(machine.state).toBe('disposed');
    expect(machine.facts().emulatorBytes).toBe(0);
    await expect(machine.snapshot()).rejects.toMatchObject({ code: 'failed-precondition' });
    expect(() => {
      machine.resume();
    }).toThrow('The machine is disposed.');
  });
});

describe('a snapshot', () => {
  it('goes on where it was taken, as often as wanted', async () => {
    const snapshot = await bootedSnapshot();
    for (let generation = 0; generation < 2; generation++) {
      const guest = kept(await restoreTestGuest(snapshot));
      expect(guest.machine.restoredFrom?.profile).toBe('test');
      expect(await guest.run('ping')).toBe('pong');
    }
  });

  it('says what it was taken of, and what its maker adds', async () => {
    const guest = kept(await restoreTestGuest(await bootedSnapshot()));
    const before = Date.now();
    const header = readSnapshotHeader(
      await guest.machine.snapshot({ extra: () => ({ fids: [7] }) }),
    );
    expect(header).toMatchObject({
      profile: 'test',
      mac: guest.machine.nic?.mac,
      extra: { fids: [7] },
    });
    expect(header.takenAt).toBeGreaterThanOrEqual(before);
  });

  it('can be compressed with zstd', async () => {
    const snapshot = await bootedSnapshot();
    const { payload } = await decodeSnapshot(snapshot);
    const compressed = await replacePayload(snapshot, compress(payload));
    expect(compressed.length).toBeLessThan(snapshot.length / 2);
    const guest = kept(await restoreTestGuest(compressed));
    expect(await guest.run('ping')).toBe('pong');
  });

  it('of another kind of machine is refused, plainly', async () => {
    const snapshot = await bootedSnapshot();
    const others = [
      { ...testProfile, memoryBytes: 96 << 20 },
      { ...testProfile, acpi: !testProfile.acpi },
      { ...testProfile, ninep: false },
    ];
    for (const profile of others) {
      await expect(restoreTestGuest(snapshot, {}, profile)).rejects.toMatchObject({
        code: 'failed-precondition',
      });
    }
  });

  it('that is damaged is refused, plainly', async () => {
    const snapshot = await bootedSnapshot();
    await expect(restoreTestGuest(snapshot.subarray(0, 1 << 20))).rejects.toMatchObject({
      code: 'data-loss',
    });
    // With a right digest, so that it is v86 who meets the damage: plain and compressed.
    const { payload } = await decodeSnapshot(snapshot);
    const cut = payload.subarray(0, payload.length >> 1);
    const garbled = payload.slice();
    garbled.fill(0x20, 16, 200);
    const zstd = compress(payload);
    for (const state of [cut, garbled, compress(cut), zstd.subarray(0, zstd.length >> 1)]) {
      const damaged = await replacePayload(snapshot, state);
      await expect(restoreTestGuest(damaged)).rejects.toMatchObject({ code: 'data-loss' });
    }
  });

  it('is not taken while the host says that something is under way', async () => {
    const guest = kept(await restoreTestGuest(await bootedSnapshot()));
    let asked = 0;
    const quiet = () => ++asked === 5;
    await guest.machine.snapshot({ quiet });
    expect(asked).toBe(5);
    const never = guest.machine.snapshot({ quiet: () => false, deadline: 50 });
    await expect(never).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(await guest.run('ping')).toBe('pong');
  });

  it('is not taken of a busy guest', async () => {
    const guest = kept(await restoreTestGuest(await bootedSnapshot()));
    guest.start('spin');
    expect(await guest.run('ping')).toBe('pong');
    const abort = new AbortController();
    const snapshot = guest.machine.snapshot({ signal: abort.signal });
    abort.abort();
    await expect(snapshot).rejects.toMatchObject({ code: 'cancelled' });
    await guest.machine.pause();
    await expect(guest.machine.snapshot()).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  it('loses nothing that is being typed: v86 does not save its UART’s input', async () => {
    const snapshot = await bootedSnapshot();
    const { header, payload } = await decodeSnapshot(snapshot);
    expect(header.typed).toEqual([]);
    // A guest reads its terminal too fast to be caught at it.
    const typed = [...new TextEncoder().encode('1 show /proc/sys/kernel/ostype\n')];
    const guest = kept(await restoreTestGuest(await encodeSnapshot({ ...header, typed }, payload)));
    expect(await guest.line('[1] ')).toBe('Linux');
    const paused = kept(await restoreTestGuest(snapshot, { paused: true }));
    paused.machine.console.send('1 ping');
    expect(paused.machine.console.typed).toHaveLength(6);
  });
});

describe('registers that v86 restores into the wrong place', () => {
  it('are the guest’s after a restore, and in the snapshots that follow', async () => {
    const first = kept(await restoreTestGuest(await bootedSnapshot()));
    const job = first.start('mxcsr 1');
    expect(await job.line()).toBe('open');
    let guest = first;
    for (let generation = 0; generation < 3; generation++) {
      const answer = new Promise<Uint8Array>((resolve) => guest.machine.channel(1).listen(resolve));
      await guest.machine.channel(1).send(Uint8Array.of(1));
      expect([...(await answer)], `generation ${generation}`).toEqual([0x80, 0x7f, 0, 0]);
      guest = kept(await restoreTestGuest(await guest.machine.snapshot()));
    }
  });
});

describe('a pause', () => {
  it('stops the guest and its clock', async () => {
    const guest = kept(await restoreTestGuest(await bootedSnapshot()));
    const { machine } = guest;
    const monotonic = async () => Number((await guest.run('clocks')).split(' ')[1]);
    const started = performance.now();
    const before = await monotonic();
    await machine.pause();
    expect(machine.state).toBe('paused');
    const paused = performance.now();
    const { slices } = machine.facts();
    machine.console.send('1 ping\n');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(machine.facts().slices).toBe(slices);
    const resumed = performance.now();
    machine.resume();
    expect(await guest.line('[1] ')).toBe('pong');
    const guestTime = (await monotonic()) - before;
    // The guest calibrates its clock, and rounds.
    const slack = 50;
    expect(guestTime).toBeLessThan(performance.now() - started - (resumed - paused) + slack);
  });

  it('takes hold when asked for in the middle of a slice', async () => {
    const guest = kept(await restoreTestGuest(await bootedSnapshot()));
    const job = guest.start('echo 2');
    expect(await job.line()).toBe('open');
    let stateWithin = '';
    const paused = new Promise<void>((resolve, reject) => {
      guest.machine.channel(2).listen(() => {
        guest.machine.pause().then(resolve, reject);
        // The CPU is below us on the stack.
        stateWithin = guest.machine.state;
      });
    });
    const changes = nextEvent(guest.machine, 'state');
    await guest.machine.channel(2).send(Uint8Array.of(1));
    await paused;
    expect(stateWithin).toBe('running');
    expect(await changes).toEqual({ type: 'state', state: 'paused', previous: 'running' });
    expect((await guest.machine.snapshot()).length).toBeGreaterThan(0);
  });
});

describe('a busy machine', () => {
  it('lets the host’s timers run', async () => {
    const guest = kept(await restoreTestGuest(await bootedSnapshot()));
    guest.start('spin');
    expect(await guest.run('ping')).toBe('pong');
    const before = guest.machine.facts().slices;
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(guest.machine.facts().slices - before).toBeLessThan(100);
  });
});

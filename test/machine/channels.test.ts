import { afterEach, describe, expect, it } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import type { Machine } from '#vm/machine.ts';
import { type TestGuest, bootedSnapshot, patternBytes, restoreTestGuest } from './guest.ts';

const machines: Machine[] = [];
async function testGuest(snapshot?: Uint8Array): Promise<TestGuest> {
  const guest = await restoreTestGuest(snapshot ?? (await bootedSnapshot()));
  machines.push(guest.machine);
  return guest;
}
afterEach(() => {
  for (const machine of machines.splice(0)) machine.dispose();
});

/** Collects `length` bytes. */
function collect(machine: Machine, port: number, length: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let total = 0;
    machine.channel(port).listen((bytes) => {
      chunks.push(bytes);
      total += bytes.length;
      if (total >= length) resolve(concatBytes(chunks));
    });
  });
}

/** Vitest compares a megabyte in seconds. */
function isPattern(bytes: Uint8Array, length: number): boolean {
  return Buffer.from(patternBytes(length)).equals(bytes);
}

describe('a data port', () => {
  it('carries one send of any size to the guest, whole', async () => {
    const guest = await testGuest();
    const total = 1 << 20;
    const job = guest.start(`sink 1 ${total}`);
    await guest.machine.channel(1).send(patternBytes(total));
    expect(await job.line()).toBe('open');
    expect(await job.line()).toBe(`received ${total}`);
  });

  it('carries thousands of small sends at once', async () => {
    const guest = await testGuest();
    const total = 300_000;
    const job = guest.start(`sink 1 ${total}`);
    const bytes = patternBytes(total);
    const sends: Promise<void>[] = [];
    for (let at = 0, size = 1; at < total; at += size, size = (size % 137) + 1) {
      sends.push(guest.machine.channel(1).send(bytes.subarray(at, at + size)));
    }
    await Promise.all(sends);
    expect(await job.line()).toBe('open');
    expect(await job.line()).toBe(`received ${total}`);
  });

  it('keeps what the guest writes until somebody listens', async () => {
    const guest = await testGuest();
    const total = 1 << 20;
    const job = guest.start(`source 2 ${total}`);
    expect(await job.line()).toBe('open');
    // Its queue is full now and its writer waits; a guest at rest shows that nothing spins.
    await guest.machine.snapshot();
    expect(isPattern(await collect(guest.machine, 2, total), total)).toBe(true);
    expect(await job.line()).toBe(`sent ${total}`);
  });

  it('can be held back in the middle of a stream', async () => {
    const guest = await testGuest();
    const total = 2 << 20;
    const channel = guest.machine.channel(2);
    const seen = { bytes: 0, whileHeld: 0, held: false };
    channel.listen((bytes) => {
      seen.bytes += bytes.length;
      if (seen.held) seen.whileHeld += bytes.length;
      if (seen.bytes > total / 2 && !seen.held) {
        seen.held = true;
        channel.hold();
      }
    });
    const job = guest.start(`source 2 ${total}`);
    expect(await job.line()).toBe('open');
    while (!seen.held) await guest.run('ping');
    for (let i = 0; i < 20; i++) await guest.run('ping');
    // What one kick of the guest had queued already, at most 8 × 32 KiB.
    expect(seen.whileHeld).toBeLessThanOrEqual(256 << 10);
    expect(seen.bytes).toBeLessThan(total);
    channel.release();
    expect(await job.line()).toBe(`sent ${total}`);
    while (seen.bytes < total) await guest.run('ping');
    expect(seen.bytes).toBe(total);
  });

  it('echoes both ways at once, byte for byte', async () => {
    const guest = await testGuest();
    const total = 1 << 20;
    guest.start('echo 3');
    const echoed = collect(guest.machine, 3, total);
    await guest.machine.channel(3).send(patternBytes(total));
    expect(isPattern(await echoed, total)).toBe(true);
  });

  it('goes on after a restore', async () => {
    const first = await testGuest();
    const job = first.start('echo 1');
    expect(await job.line()).toBe('open');
    const copy = await testGuest(await first.machine.snapshot());
    expect(copy.machine.channel(1).isOpen).toBe(true);
    expect(copy.machine.channel(2).isOpen).toBe(false);
    const echoed = collect(copy.machine, 1, 100_000);
    await copy.machine.channel(1).send(patternBytes(100_000));
    expect(isPattern(await echoed, 100_000)).toBe(true);
  });

  it('knows when the guest opens and closes it', async () => {
    const guest = await testGuest();
    const channel = guest.machine.channel(1);
    expect(channel.isOpen).toBe(false);
    const job = guest.start('close 1');
    expect(await job.line()).toBe('open');
    expect(channel.isOpen).toBe(true);
    // More than the guest's 16 buffers hold, so that it is under way when the port closes.
    const sent = channel.send(new Uint8Array(1 << 20));
    await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    expect(channel.isOpen).toBe(false);
  });

  it('does not lose bytes sent before the guest has opened it', async () => {
    const guest = await testGuest();
    const sent = guest.machine.channel(1).send(patternBytes(10));
    await guest.run('ping');
    const job = guest.start('sink 1 10');
    await sent;
    expect(await job.line()).toBe('open');
    expect(await job.line()).toBe('received 10');
  });
});

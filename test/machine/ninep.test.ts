import { afterEach, describe, expect, it } from 'vitest';
import { NinepMessage } from '#abi/ninep.ts';
import { systemClock } from '#base/clock.ts';
import { FileServer } from '#ninep/file-server.ts';
import type { Machine } from '#vm/machine.ts';
import type { NinepHandler } from '#vm/ninep-device.ts';
import {
  type TestGuest,
  bootedSnapshot,
  nextEvent,
  patternBytes,
  restoreTestGuest,
} from './guest.ts';

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.dispose();
});

const fileBytes = 1 << 20;

/** A guest with a file at /mnt/file, whose server `around` may meddle with. */
async function mounted(
  around: (request: Uint8Array, signal: AbortSignal, serve: NinepHandler) => Promise<Uint8Array>,
): Promise<TestGuest> {
  const file = { type: 'file', mode: 0o644, mtime: 0, bytes: fileBytes, sha256: '' } as const;
  const server = new FileServer(
    { type: 'directory', mode: 0o755, mtime: 0, entries: { file } },
    () => Promise.resolve(patternBytes(fileBytes)),
    systemClock,
  );
  const serve: NinepHandler = (request) => server.handle(request);
  const guest = await restoreTestGuest(await bootedSnapshot(), {
    ninep: (request, signal) => around(request, signal, serve),
  });
  machines.push(guest.machine);
  const options = 'trans=virtio,version=9p2000.L,msize=131072,cache=none';
  expect(await guest.run(`mount ${options}`)).toBe('mounted');
  return guest;
}

const isRead = (request: Uint8Array) => request[4] === NinepMessage.Tread;

describe('the 9P device', () => {
  it('serves files', async () => {
    const guest = await mounted((request, signal, serve) => serve(request, signal));
    expect(await guest.run('read /mnt/file')).toBe(`read ${fileBytes}`);
    expect(guest.machine.ninep.inFlight).toBe(0);
    expect(guest.machine.ninep.requests).toBeGreaterThan(8);
  });

  it('turns a server that fails into EIO, and the guest lives on', async () => {
    let broken = true;
    const guest = await mounted((request, signal, serve) => {
      if (broken && isRead(request)) throw new Error('The connection was lost.');
      return serve(request, signal);
    });
    const failed = nextEvent(guest.machine, 'ninep-failed');
    expect(await guest.run('read /mnt/file')).toBe('failed: read: errno 5');
    expect((await failed).error.message).toBe('The connection was lost.');
    broken = false;
    expect(await guest.run('read /mnt/file')).toBe(`read ${fileBytes}`);
  });

  it('turns a reply that is too long into EIO: v86 would cut it off', async () => {
    const guest = await mounted(async (request, signal, serve) => {
      const reply = await serve(request, signal);
      if (!isRead(request)) return reply;
      const long = new Uint8Array(1 << 20);
      long.set(reply);
      new DataView(long.buffer).setUint32(0, long.length, true);
      return long;
    });
    const failed = nextEvent(guest.machine, 'ninep-failed');
    expect(await guest.run('read /mnt/file')).toBe('failed: read: errno 5');
    expect((await failed).error.message).toContain('room for');
  });

  it('gives up what the guest gives up', async () => {
    let flushed: () => void = () => undefined;
    const wasFlushed = new Promise<void>((resolve) => (flushed = resolve));
    let hanging = true;
    const guest = await mounted((request, signal, serve) => {
      if (!hanging || !isRead(request)) return serve(request, signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          flushed();
          reject(new Error('Flushed.'));
        });
      });
    });
    // Killed by SIGALRM after a second, in the read.
    guest.start('read /mnt/file 1');
    await wasFlushed;
    hanging = false;
    expect(await guest.run('read /mnt/file')).toBe(`read ${fileBytes}`);
    expect(guest.machine.ninep.inFlight).toBe(0);
  });

  it('keeps a snapshot waiting until everything is answered', async () => {
    let answer: () => void = () => undefined;
    const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
    let asked: () => void = () => undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const guest = await mounted(async (request, signal, serve) => {
      if (isRead(request)) {
        asked();
        await mayAnswer;
      }
      return serve(request, signal);
    });
    const job = guest.start('read /mnt/file');
    await wasAsked;
    const early = guest.machine.snapshot({ deadline: 100 });
    await expect(early).rejects.toMatchObject({ code: 'deadline-exceeded' });
    const snapshot = guest.machine.snapshot();
    answer();
    expect((await snapshot).length).toBeGreaterThan(0);
    expect(await job.line()).toBe(`read ${fileBytes}`);
  });
});

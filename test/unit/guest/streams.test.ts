import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAllBytes } from '#base/byte-stream.ts';
import { patternBytes, readUntil, useAgent, utf8 } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

const mebibyte = 1 << 20;

/** Memory of a process that is in RAM, in bytes. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

describe.skipIf(cannotRunNatively)('streams of the agent', () => {
  const guest = useAgent();

  it('carry 64 times 1 MiB both ways at once, every byte right', async () => {
    const streams = Array.from({ length: 64 }, async (_, seed) => {
      const cat = await guest.agent.spawn({ argv: ['cat'], stdin: true });
      const bytes = patternBytes(mebibyte, seed);
      const echoed = readAllBytes(cat.stdout);
      await cat.stdin?.write(bytes);
      cat.stdin?.end();
      expect(Buffer.compare(await echoed, bytes)).toBe(0);
      expect(await cat.exited).toEqual({ code: 0 });
    });
    await Promise.all(streams);
  });

  it('keep the order of writes that nobody waited for', async () => {
    const cat = await guest.agent.spawn({ argv: ['cat'], stdin: true });
    const parts = Array.from({ length: 50 }, (_, seed) => patternBytes(20_000 + seed, seed));
    const echoed = readAllBytes(cat.stdout);
    for (const part of parts) void cat.stdin?.write(part);
    cat.stdin?.end();
    expect(Buffer.compare(await echoed, Buffer.concat(parts))).toBe(0);
  });

  it('wait for a reader that has stopped, while others go on', async () => {
    const before = await residentBytes(guest.native.pid);
    const flood = await guest.agent.spawn({ argv: ['cat', '/dev/zero'] });
    const first = await flood.stdout.read();
    expect(first?.length).toBeGreaterThan(0);
    const cat = await guest.agent.spawn({ argv: ['cat'], stdin: true });
    const bytes = patternBytes(4 * mebibyte, 1);
    const echoed = readAllBytes(cat.stdout);
    await cat.stdin?.write(bytes);
    cat.stdin?.end();
    expect(Buffer.compare(await echoed, bytes)).toBe(0);
    await guest.agent.ping();
    expect((await residentBytes(guest.native.pid)) - before).toBeLessThan(2 * mebibyte);
    // What was sent is one window, and reading it on gives the rest.
    let length = first?.length ?? 0;
    while (length < mebibyte) length += (await flood.stdout.read())?.length ?? 0;
    flood.kill();
  });

  it('make a writer wait for a process that does not read', async () => {
    const before = await residentBytes(guest.native.pid);
    const deaf = await guest.agent.spawn({ argv: ['sleep', '1000'], stdin: true });
    let written = false;
    const writing = deaf.stdin?.write(new Uint8Array(8 * mebibyte)).then(() => (written = true));
    const failed = expect(writing).rejects.toMatchObject({ code: 'cancelled' });
    expect(await guest.sh('seq 100000 | tail -1')).toBe('100000');
    expect(written).toBe(false);
    expect((await residentBytes(guest.native.pid)) - before).toBeLessThan(2 * mebibyte);
    deaf.kill();
    await failed;
  });

  it('let a waiting write and a waiting read be given up', async () => {
    const deaf = await guest.agent.spawn({ argv: ['sleep', '1000'], stdin: true });
    const stop = new AbortController();
    const writing = deaf.stdin?.write(new Uint8Array(mebibyte), stop.signal);
    const reading = deaf.stdout.read(stop.signal);
    stop.abort();
    await expect(writing).rejects.toMatchObject({ code: 'cancelled' });
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    deaf.kill();
  });

  it('let a write be given up that waits for another, and keep the order of the rest', async () => {
    const argv = ['sh', '-c', 'while [ ! -e /run/go ]; do sleep 0.01; done; exec cat'];
    const late = await guest.agent.spawn({ argv, stdin: true });
    const stop = new AbortController();
    const before = patternBytes(mebibyte, 1);
    const after = patternBytes(1000, 2);
    const first = late.stdin?.write(before);
    const given = late.stdin?.write(utf8('given up'), stop.signal);
    const last = late.stdin?.write(after);
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    const echoed = readAllBytes(late.stdout);
    await guest.agent.files.write('/run/go', '');
    await Promise.all([first, last]);
    late.stdin?.end();
    expect(Buffer.compare(await echoed, Buffer.concat([before, after]))).toBe(0);
  });

  it('tell a writer that the process takes no more', async () => {
    const closed = await guest.agent.spawn({
      argv: ['sh', '-c', 'exec 0<&-; echo closed; sleep 1000'],
      stdin: true,
    });
    await readUntil(closed.stdout, 'closed');
    const write = async () => {
      for (;;) await closed.stdin?.write(utf8('x'));
    };
    await expect(write()).rejects.toMatchObject({ code: 'failed-precondition', errno: 'EPIPE' });
    closed.kill();
  });

  it('tell a process that nobody reads', async () => {
    const yes = await guest.agent.spawn({ argv: ['yes'] });
    await yes.stdout.read();
    yes.stdout.cancel();
    expect(await yes.exited).toEqual({ signal: 'SIGPIPE' });
  });

  it('let go of their channels by themselves', async () => {
    const open = async () => Number(await guest.sh(`ls /proc/${guest.agent.pid}/fd | wc -l`));
    const before = await open();
    for (let i = 0; i < 5; i++) {
      const cat = await guest.agent.spawn({ argv: ['cat'], stdin: true });
      cat.stdin?.end();
      await readAllBytes(cat.stdout);
      if (cat.stderr) await readAllBytes(cat.stderr);
      await cat.exited;
    }
    // The agent closes a command's last descriptors after it has told of its end.
    await expect.poll(open, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  });
});

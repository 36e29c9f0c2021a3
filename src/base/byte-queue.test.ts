import { describe, expect, it } from 'vitest';
import { ByteQueue } from './byte-queue.ts';
import { SandglassError } from './errors.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('ByteQueue', () => {
  it('keeps the order and ends', async () => {
    const queue = new ByteQueue({ capacity: 8 });
    queue.push(bytes(1, 2));
    queue.push(bytes(3));
    queue.end();
    expect(await queue.read()).toEqual(bytes(1, 2));
    expect(await queue.read()).toEqual(bytes(3));
    expect(await queue.read()).toBeUndefined();
  });

  it('makes a writer wait for the reader, never holding more than its capacity', async () => {
    const queue = new ByteQueue({ capacity: 4 });
    let written = false;
    const writing = queue.write(bytes(1, 2, 3, 4, 5, 6)).then(() => (written = true));
    await Promise.resolve();
    expect(queue.queued).toBe(4);
    expect(written).toBe(false);
    expect(await queue.read()).toEqual(bytes(1, 2, 3, 4));
    await writing;
    expect(await queue.read()).toEqual(bytes(5, 6));
  });

  it('refuses a push beyond its capacity instead of losing bytes', () => {
    const queue = new ByteQueue({ capacity: 2 });
    expect(() => {
      queue.push(bytes(1, 2, 3));
    }).toThrow(/room for 2/);
  });

  it('gives credit for what was read, not for what was pushed', async () => {
    const credit: number[] = [];
    const queue = new ByteQueue({ capacity: 8, onConsumed: (count) => credit.push(count) });
    queue.push(bytes(1, 2, 3));
    expect(credit).toEqual([]);
    await queue.read();
    expect(credit).toEqual([3]);
  });

  it('delivers what came before a failure, then the failure', async () => {
    const queue = new ByteQueue({ capacity: 8 });
    queue.push(bytes(1));
    queue.fail(new SandglassError('unavailable', 'gone'));
    expect(await queue.read()).toEqual(bytes(1));
    await expect(queue.read()).rejects.toThrow('gone');
  });

  it('ends a waiting read and a waiting write when they are cancelled', async () => {
    const queue = new ByteQueue({ capacity: 1 });
    const reading = new AbortController();
    const read = queue.read(reading.signal);
    reading.abort();
    await expect(read).rejects.toMatchObject({ code: 'cancelled' });

    await queue.write(bytes(1));
    const writing = new AbortController();
    const write = queue.write(bytes(2), writing.signal);
    writing.abort();
    await expect(write).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('wakes a waiting writer when the reader gives up', async () => {
    const queue = new ByteQueue({ capacity: 1 });
    await queue.write(bytes(1));
    const write = queue.write(bytes(2));
    queue.cancel();
    await expect(write).rejects.toMatchObject({ code: 'failed-precondition' });
    expect(await queue.read()).toBeUndefined();
  });

  it('does not cut what is written into crumbs while it is full', async () => {
    const queue = new ByteQueue({ capacity: 64 });
    const write = async () => {
      for (let i = 0; i < 1000; i++) await queue.write(new Uint8Array(19));
      queue.end();
    };
    void write();
    let chunks = 0;
    let total = 0;
    for (let chunk = await queue.read(); chunk; chunk = await queue.read()) {
      chunks++;
      total += chunk.length;
      // The writer goes first.
      await Promise.resolve();
    }
    expect(total).toBe(19_000);
    expect(chunks).toBeLessThan(2001);
  });
});

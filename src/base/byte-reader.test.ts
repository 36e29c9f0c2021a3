import { describe, expect, it } from 'vitest';
import { ByteQueue } from './byte-queue.ts';
import { ByteReader } from './byte-reader.ts';
import { readAllBytes } from './byte-stream.ts';
import { SandglassError } from './errors.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

function readerOf(...chunks: Uint8Array[]): ByteReader {
  const queue = new ByteQueue({ capacity: 64 });
  for (const chunk of chunks) queue.push(chunk);
  queue.end();
  return new ByteReader(queue);
}

describe('ByteReader', () => {
  it('cuts where it is told, across and within chunks', async () => {
    const reader = readerOf(bytes(1, 2), bytes(3), bytes(4, 5, 6));
    expect(await reader.take(4)).toEqual(bytes(1, 2, 3, 4));
    expect(await reader.take(0)).toEqual(bytes());
    expect(await reader.take(1)).toEqual(bytes(5));
    expect(await reader.tryTake(1)).toEqual(bytes(6));
    expect(await reader.tryTake(1)).toBeUndefined();
  });

  it('gives what has come, up to a limit', async () => {
    const reader = readerOf(bytes(1, 2, 3), bytes(4));
    expect(await reader.takeSome(2)).toEqual(bytes(1, 2));
    expect(await reader.takeSome(2)).toEqual(bytes(3));
    expect(await reader.tryTakeSome(Infinity)).toEqual(bytes(4));
    expect(await reader.tryTakeSome(Infinity)).toBeUndefined();
  });

  it('looks ahead without taking, and hands on what is left', async () => {
    const reader = readerOf(bytes(1), bytes(2, 3), bytes(4));
    expect(await reader.peek(2)).toEqual(bytes(1, 2));
    expect(await reader.peek(9)).toEqual(bytes(1, 2, 3, 4));
    expect(await reader.take(1)).toEqual(bytes(1));
    expect(await readAllBytes(reader.remainder())).toEqual(bytes(2, 3, 4));
  });

  it('fails where the source ends within what was asked for, as its owner says', async () => {
    await expect(readerOf(bytes(1)).take(2)).rejects.toThrow('unexpected EOF');
    await expect(readerOf(bytes(1)).tryTake(2)).rejects.toThrow('unexpected EOF');
    await expect(readerOf().take(1)).rejects.toThrow('unexpected EOF');
    const queue = new ByteQueue({ capacity: 1 });
    queue.end();
    const hungUp = new SandglassError('unavailable', 'They hung up.');
    await expect(new ByteReader(queue, () => hungUp).takeSome(1)).rejects.toBe(hungUp);
  });

  it('tells the source that no more is wanted', async () => {
    const queue = new ByteQueue({ capacity: 4 });
    queue.push(bytes(1, 2));
    const reader = new ByteReader(queue);
    await reader.take(1);
    reader.remainder().cancel();
    await expect(queue.write(bytes(3))).rejects.toThrow();
  });
});

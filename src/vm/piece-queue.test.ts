import { describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { PieceQueue } from './piece-queue.ts';

describe('PieceQueue', () => {
  it('cuts long sends and packs short ones, in order', () => {
    const queue = new PieceQueue(4);
    void queue.add(Uint8Array.of(1, 2, 3, 4, 5, 6));
    void queue.add(Uint8Array.of(7));
    void queue.add(Uint8Array.of(8, 9));
    const pieces: number[][] = [];
    while (queue.length > 0) pieces.push([...queue.take()]);
    expect(pieces).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
  });

  it('resolves a send when its last byte is taken, not before', async () => {
    const queue = new PieceQueue(4);
    const done: string[] = [];
    const first = queue.add(new Uint8Array(5)).then(() => done.push('first'));
    const second = queue.add(new Uint8Array(3)).then(() => done.push('second'));
    queue.take();
    await Promise.resolve();
    expect(done).toEqual([]);
    queue.take();
    await Promise.all([first, second]);
    expect(done).toEqual(['first', 'second']);
  });

  it('rejects what waits, also what was sent in part', async () => {
    const queue = new PieceQueue(4);
    const sent = queue.add(new Uint8Array(6));
    queue.take();
    queue.fail(new SandglassError('unavailable', 'Gone.'));
    await expect(sent).rejects.toThrow('Gone.');
    expect(queue.length).toBe(0);
  });
});

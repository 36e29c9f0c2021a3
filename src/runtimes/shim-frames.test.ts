import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { FrameReader, encodeFrame, frame, framePayloadMax } from './shim-frames.ts';

describe('frames', () => {
  it('have the types that the shim has', async () => {
    const header = await readFile('images/guest/container-clients.h', 'utf8');
    const types = [...header.matchAll(/^#define SHIM_(\w+) '(\w)'/gm)].map(
      ([, name = '', type = '']) => [name, type] as const,
    );
    const ours = Object.entries(frame).map(([name, type]) => {
      const upper = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      return [upper === 'ACKNOWLEDGEMENT' ? 'ACK' : upper, type] as const;
    });
    expect(ours.toSorted()).toEqual(types.toSorted());
    expect(header).toContain(`#define CLIENT_FRAME_MAX (${framePayloadMax / 1024} * 1024)`);
  });

  it('are found again whatever the chunks are', async () => {
    const sent = [
      encodeFrame('o', Uint8Array.of(1, 2, 3)),
      encodeFrame('E'),
      encodeFrame('x', Uint8Array.of(9)),
    ];
    const bytes = Buffer.concat(sent);
    for (const size of [1, 5, bytes.length]) {
      const queue = new ByteQueue({ capacity: bytes.length });
      for (let at = 0; at < bytes.length; at += size) queue.push(bytes.subarray(at, at + size));
      queue.end();
      const reader = new FrameReader(queue);
      const frames = [];
      for (let next = await reader.next(); next; next = await reader.next()) {
        frames.push([next.type, [...next.payload]]);
      }
      expect(frames).toEqual([
        ['o', [1, 2, 3]],
        ['E', []],
        ['x', [9]],
      ]);
    }
  });

  it('that are too long to be any are refused', async () => {
    const queue = new ByteQueue({ capacity: 64 });
    queue.push(Uint8Array.of(0x6f, 0, 0, 0, 1, 0x80, 0, 0));
    await expect(new FrameReader(queue).next()).rejects.toMatchObject({ code: 'internal' });
  });
});

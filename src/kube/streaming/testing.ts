import type { ByteDuplex, ByteSource } from '#base/byte-stream.ts';
import type { RunCommand } from './remotecommand/command.ts';

/** Reproducible numbers below `limit` (mulberry32). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Bytes without a pattern that a lost or moved chunk could hide in. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const next = randomNumbers(seed);
  return Uint8Array.from({ length }, () => next(256));
}

/** A source of these chunks. */
export function sourceOf(...chunks: readonly (Uint8Array | string)[]): ByteSource {
  const rest = chunks.map((chunk) =>
    typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk,
  );
  return {
    read: () => Promise.resolve(rest.shift()),
    cancel: () => rest.splice(0),
  };
}

/** Cuts a stream anew wherever `cut` says, so that a reader cannot count on where chunks end. */
export function recut(stream: ByteDuplex, cut: () => number): ByteDuplex {
  let rest: Uint8Array = new Uint8Array(0);
  return {
    ...stream,
    close: () => stream.close(),
    incoming: {
      async read(signal) {
        if (rest.length === 0) rest = (await stream.incoming.read(signal)) ?? rest;
        if (rest.length === 0) return undefined;
        const length = Math.max(1, cut());
        const chunk = rest.subarray(0, length);
        rest = rest.subarray(chunk.length);
        return chunk;
      },
      cancel: () => stream.incoming.cancel(),
    },
  };
}

/** Lets everything run that waits for nothing but others of this thread. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

/** A command that gives back what it gets, as cat does. */
export const cat: RunCommand = async ({ stdin, stdout }) => {
  for (let bytes = await stdin?.read(); bytes; bytes = await stdin?.read()) {
    await stdout?.write(bytes);
  }
  return { code: 0 };
};

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Machine } from '#vm/machine.ts';
import { bootedSnapshot, restoreTestGuest } from './guest.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the process has of memory after everything unreachable was collected. */
async function residentBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss();
}

const cycles = 50;
/** Of the allocator and of compiled code; one leaked machine would be 128 MiB. */
const slack = 48 << 20;

it(
  'restoring and disposing again and again does not grow the process',
  { timeout: 240_000 },
  async () => {
    const snapshot = await bootedSnapshot();
    // Held on purpose: a disposed machine must have let go of its memory itself.
    const disposed: Machine[] = [];
    let tenth = 0;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const guest = await restoreTestGuest(snapshot);
      expect(await guest.run('ping')).toBe('pong');
      guest.machine.dispose();
      disposed.push(guest.machine);
      if (cycle === 10) tenth = await residentBytes();
    }
    expect(disposed.every((machine) => machine.state === 'disposed')).toBe(true);
    expect((await residentBytes()) - tenth).toBeLessThan(slack);
  },
);

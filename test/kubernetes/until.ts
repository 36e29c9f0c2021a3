import { sleep, systemClock } from '#base/clock.ts';

/** Milliseconds between two looks at what a test waits for, and for which it does so at most. */
const lookEvery = 100;
const patience = 300_000;

/** What `look` gives once it gives something; fails with the last `state` when it takes too long. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  state: () => unknown = () => undefined,
): Promise<T> {
  const end = systemClock.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (systemClock.now() > end) {
      throw new Error(`Waited in vain for ${what}: ${JSON.stringify(state(), null, 1)}`);
    }
    await sleep(systemClock, lookEvery);
  }
}

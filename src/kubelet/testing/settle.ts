import type { ManualClock } from '#base/clock.ts';

/** Lets everything that is under way come to where it waits for the clock or for someone outside. */
export async function settle(rounds = 60): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    // A macrotask: streams and fetch bodies take more than microtasks.
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
  }
}

/** Advances in steps, letting everything settle after each; a long wait in longer steps. */
export async function advance(clock: ManualClock, milliseconds: number): Promise<void> {
  const step = milliseconds > 30_000 ? 500 : 100;
  for (let left = milliseconds; left > 0; left -= step) {
    clock.advance(Math.min(step, left));
    await settle(12);
  }
}

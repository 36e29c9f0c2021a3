import { sleep } from '#base/clock.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';

/** Milliseconds between two looks. */
const period = 500;

/** Shows once, or again and again until interrupted (crictl, util.go, handleDisplay). */
export async function showOrWatch(
  { clock, signal }: CrictlContext,
  isWatched: boolean,
  show: () => Promise<void>,
): Promise<void> {
  if (!isWatched) return show();
  for (;;) {
    await sleep(clock, period, signal);
    await show();
  }
}

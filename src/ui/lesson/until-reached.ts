import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import type { Emitter } from '#base/emitter.ts';
import { words } from '#ui/words/words.ts';

/** Milliseconds for what a prediction waits for: the kubelet tries again after ten seconds, or forty. */
const limit = 300_000;

/** Waits until something is so that can only become so with a change. */
export async function untilReached<T>(
  changed: Emitter<T>,
  isReached: () => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (isReached()) return;
  let stop: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => {
    stop = changed.listen(() => {
      if (isReached()) resolve();
    });
  });
  try {
    await withDeadline(wait, clock, limit, words.lesson.notReached(limit / 60_000), signal);
  } finally {
    stop();
  }
}

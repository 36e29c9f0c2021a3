import type { Clock } from './clock.ts';
import { SandglassError, asSandglassError, cancelledError } from './errors.ts';

/**
 * Waits for a promise no longer than `milliseconds` of the clock, and no longer than the signal allows.
 * A message that tells how things stand is asked for when the time is over.
 */
export function withDeadline<T>(
  promise: Promise<T>,
  clock: Clock,
  milliseconds: number,
  message: string | (() => string),
  signal?: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = () => {
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      settle();
      if (signal) reject(cancelledError(signal));
    };
    const cancelTimer = clock.schedule(milliseconds, () => {
      settle();
      const text = typeof message === 'string' ? message : message();
      reject(new SandglassError('deadline-exceeded', text));
    });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    // Also after an early end: what the promise rejects with is then nobody's, but no accident.
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(asSandglassError(error));
      },
    );
  });
}

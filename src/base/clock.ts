import { cancelledError, throwIfCancelled } from './errors.ts';

/**
 * Time as the parts above `base` may see it: injected, so that tests and the reader can stop and
 * step it. Only this file, the emulator's own loop and the page's animations call the global timers.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  wallTime(): number;
  /** Calls back once after `milliseconds`; the returned function cancels it. */
  schedule(milliseconds: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Nanoseconds since 1970, with what a double holds of it: whole milliseconds exactly, of their fraction microseconds. */
export function wallNanoseconds(clock: Clock): bigint {
  const time = clock.wallTime();
  const milliseconds = Math.floor(time);
  return (
    BigInt(milliseconds) * 1_000_000n + BigInt(Math.round((time - milliseconds) * 1000)) * 1000n
  );
}

/** Resolves after `milliseconds` of the clock; rejects with `cancelled` if the signal fires first. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel();
      if (signal) reject(cancelledError(signal));
    };
    const cancel = clock.schedule(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

interface PendingCallback {
  due: number;
  callback: () => void;
}

/** A clock that stands still until it is stepped. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #epoch: number;
  readonly #pending = new Set<PendingCallback>();

  constructor(epoch = 0) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#epoch + this.#now;
  }

  schedule(milliseconds: number, callback: () => void): () => void {
    const entry = { due: this.#now + Math.max(0, milliseconds), callback };
    this.#pending.add(entry);
    return () => this.#pending.delete(entry);
  }

  /** Advances by `milliseconds`, running what falls due in order of time, then of scheduling. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#pending.delete(next);
      this.#now = next.due;
      next.callback();
    }
    this.#now = end;
  }

  #nextDue(end: number): PendingCallback | undefined {
    let first: PendingCallback | undefined;
    for (const entry of this.#pending) {
      if (entry.due <= end && (!first || entry.due < first.due)) first = entry;
    }
    return first;
  }
}

import type { Clock } from '#base/clock.ts';

/** Milliseconds in which what there is too much of is counted, and told of in one record. */
export const sumInterval = 1_000;

/** For records of one kind, of which there may be thousands in a second: more of them would keep the page from everything else. */
export class RecordRoom {
  readonly #stopwatch: Clock;
  readonly #most: number;
  #taken = 0;
  #since = -Infinity;

  /** `most` in each second. */
  constructor(stopwatch: Clock, most: number) {
    this.#stopwatch = stopwatch;
    this.#most = most;
  }

  /** Whether there is any left. */
  take(): boolean {
    const now = this.#stopwatch.now();
    if (now - this.#since >= sumInterval) {
      this.#since = now;
      this.#taken = 0;
    }
    return ++this.#taken <= this.#most;
  }
}

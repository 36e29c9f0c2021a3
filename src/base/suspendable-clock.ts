import type { Clock } from './clock.ts';
import { SteppableClock } from './steppable-clock.ts';

/**
 * The time of what lives on a machine that can be suspended: meanwhile nothing falls due, and afterwards the time of
 * day is right, as with Linux's CLOCK_MONOTONIC and CLOCK_REALTIME (clock_gettime(2)).
 */
export class SuspendableClock implements Clock {
  readonly #base: Clock;
  readonly #monotonic: SteppableClock;

  constructor(base: Clock) {
    this.#base = base;
    this.#monotonic = new SteppableClock(base);
  }

  now(): number {
    return this.#monotonic.now();
  }

  wallTime(): number {
    return this.#base.wallTime();
  }

  schedule(milliseconds: number, callback: () => void): () => void {
    return this.#monotonic.schedule(milliseconds, callback);
  }

  suspend(): void {
    this.#monotonic.stop();
  }

  resume(): void {
    this.#monotonic.start();
  }
}

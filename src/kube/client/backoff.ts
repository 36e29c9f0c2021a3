import type { Clock } from '#base/clock.ts';

/** Numbers of client-go's reflector (tools/cache/reflector.go): 0.8 s doubling to 30 s, forgotten after two quiet minutes. */
const first = 800;
const most = 30_000;
const quiet = 120_000;

/** Waits that grow while failures follow each other; each is stretched by up to its own length. */
export class ListWatchBackoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #next = first;
  #last = -Infinity;

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Milliseconds to wait now. */
  next(): number {
    const now = this.#clock.now();
    if (now - this.#last > quiet) this.#next = first;
    this.#last = now;
    const wait = this.#next;
    this.#next = Math.min(most, wait * 2);
    return wait * (1 + this.#random());
  }
}

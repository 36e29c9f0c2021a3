import type { Clock } from '#base/clock.ts';

/** Something that leaves by itself after a while, but not from under a reader who is at it. */
export class Lingering {
  readonly #clock: Clock;
  readonly #leave: () => void;
  #stays: number | undefined;
  #held = false;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, leave: () => void) {
    this.#clock = clock;
    this.#leave = leave;
  }

  /** Begins to count, in milliseconds; what was counted before is forgotten. */
  start(stays: number): void {
    this.#stays = stays;
    this.#schedule();
  }

  stop(): void {
    this.#stays = undefined;
    this.#schedule();
  }

  /** The pointer or the focus has come to it, or has left it: then it stays as long again. */
  set held(held: boolean) {
    this.#held = held;
    this.#schedule();
  }

  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#stays === undefined || this.#held) return;
    this.#cancelTimer = this.#clock.schedule(this.#stays, this.#leave);
  }
}

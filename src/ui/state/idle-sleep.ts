import type { Clock } from '#base/clock.ts';
import { asSandglassError } from '#base/errors.ts';
import type { PageVisibility } from '#ui/ports.ts';
import { words } from '#ui/words/words.ts';
import type { Machine } from './machine.svelte.ts';
import { errorInWords } from './words.ts';

/** How long a page is out of sight before its machine may sleep. */
export const usualSleepDelay = 5 * 60_000;
/** When to ask again while something runs on the machine, in milliseconds; sooner on a page that is to sleep sooner. */
const retryDelay = { usual: 60_000, least: 1_000 };

/** Puts the machine of a hidden page to sleep when nothing runs on it, and wakes it for the reader. */
export class IdleSleep {
  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly #visibility: PageVisibility;
  readonly #delay: number;
  readonly #stopListening: () => void;
  #cancelTimer: (() => void) | undefined;
  /** Counts the times that the page was hidden or shown. */
  #turn = 0;

  constructor(
    machine: Machine,
    clock: Clock,
    visibility: PageVisibility,
    delay: number = usualSleepDelay,
  ) {
    this.#machine = machine;
    this.#clock = clock;
    this.#visibility = visibility;
    this.#delay = delay;
    this.#stopListening = visibility.listen(() => {
      this.#onChange();
    });
    this.#onChange();
  }

  dispose(): void {
    this.#stopListening();
    this.#beginTurn();
  }

  #onChange(): void {
    this.#beginTurn();
    if (this.#visibility.hidden) this.#askAfter(this.#delay);
    else this.#wake();
  }

  /** What was begun before, a question to the machine included, is not to go on. */
  #beginTurn(): void {
    this.#turn += 1;
    this.#cancelTimer?.();
  }

  #askAfter(milliseconds: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.schedule(milliseconds, () => {
      void this.#ask(this.#turn);
    });
  }

  async #ask(turn: number): Promise<void> {
    const asleep =
      this.#machine.running && (await this.#machine.api.sleepIfIdle().catch(() => false));
    if (asleep) {
      // The reader may have come back while the machine was being asked.
      if (!this.#visibility.hidden) await this.#resume();
    } else if (turn === this.#turn) {
      this.#askAfter(Math.min(retryDelay.usual, Math.max(retryDelay.least, this.#delay)));
    }
  }

  #wake(): void {
    const { status } = this.#machine;
    if (status.kind === 'paused' && status.by === 'sleep') void this.#resume();
  }

  async #resume(): Promise<void> {
    try {
      await this.#machine.resume();
    } catch (error) {
      const message = words.machine.notWoken(this.#machine.name, errorInWords(error));
      this.#machine.noticed.emit({ code: asSandglassError(error).code, message });
    }
  }
}

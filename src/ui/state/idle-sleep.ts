import type { Clock } from '#base/clock.ts';
import type { PageVisibility } from '#ui/ports.ts';
import type { Machine } from './machine.svelte.ts';

/** How long a page is out of sight before its machine may sleep. */
export const usualSleepDelay = 5 * 60_000;
/** When to ask again while something runs on the machine. */
const retryDelay = 60_000;

/** Puts the machine of a hidden page to sleep when nothing runs on it, and wakes it for the reader. */
export class IdleSleep {
  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly #visibility: PageVisibility;
  readonly #delay: number;
  readonly #stopListening: () => void;
  #cancelTimer: (() => void) | undefined;

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
    this.#cancelTimer?.();
  }

  #onChange(): void {
    this.#cancelTimer?.();
    if (this.#visibility.hidden) this.#askAfter(this.#delay);
    else this.#wake();
  }

  #askAfter(milliseconds: number): void {
    this.#cancelTimer = this.#clock.schedule(milliseconds, () => {
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const asleep =
      this.#machine.running && (await this.#machine.api.sleepIfIdle().catch(() => false));
    // The reader may have come back while the machine was being asked.
    if (!this.#visibility.hidden) {
      if (asleep) await this.#machine.resume().catch(() => undefined);
    } else if (!asleep) this.#askAfter(retryDelay);
  }

  #wake(): void {
    const { status } = this.#machine;
    if (status.kind === 'paused' && status.by === 'sleep') {
      this.#machine.resume().catch(() => undefined);
    }
  }
}

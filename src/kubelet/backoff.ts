import type { Clock } from '#base/clock.ts';

interface Entry {
  backoff: number;
  lastUpdate: number;
  why: string;
}

/** Doubling delays by key, forgotten after twice the longest (client-go/util/flowcontrol/backoff.go). */
export class Backoff {
  readonly #clock: Clock;
  readonly #initial: number;
  readonly #max: number;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, { initial, max }: { initial: number; max: number }) {
    this.#clock = clock;
    this.#initial = initial;
    this.#max = max;
  }

  /** The key's delay now, in milliseconds. */
  get(key: string): number {
    return this.#entries.get(key)?.backoff ?? 0;
  }

  /** What was said when the delay was last made longer; empty when the key is not known any more. */
  why(key: string): string {
    return this.#entries.get(key)?.why ?? '';
  }

  /** Doubles the key's delay, or starts it anew when the last was long ago before `eventTime`. */
  next(key: string, eventTime: number, why = ''): void {
    const entry = this.#entries.get(key);
    const backoff =
      !entry || this.#expired(eventTime, entry)
        ? this.#initial
        : Math.min(entry.backoff * 2, this.#max);
    this.#entries.set(key, { backoff, lastUpdate: this.#clock.wallTime(), why });
  }

  /** Whether less than the delay has passed since the event. */
  isInBackOffSince(key: string, eventTime: number): boolean {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(eventTime, entry)) return false;
    return this.#clock.wallTime() - eventTime < entry.backoff;
  }

  /** Whether less than the delay has passed since it was last made longer. */
  isInBackOffSinceUpdate(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    const now = this.#clock.wallTime();
    return !this.#expired(now, entry) && now - entry.lastUpdate < entry.backoff;
  }

  /** When the wait of `isInBackOffSinceUpdate` ends. */
  expiryOfUpdate(key: string): number {
    const entry = this.#entries.get(key);
    return entry ? entry.lastUpdate + entry.backoff : 0;
  }

  reset(key: string): void {
    this.#entries.delete(key);
  }

  /** Drops what nobody has asked to lengthen for twice the longest delay. */
  collectGarbage(): void {
    const now = this.#clock.wallTime();
    for (const [key, entry] of this.#entries) {
      if (this.#expired(now, entry)) this.#entries.delete(key);
    }
  }

  #expired(eventTime: number, entry: Entry): boolean {
    return eventTime - entry.lastUpdate > this.#max * 2;
  }
}

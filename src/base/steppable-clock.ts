import type { Clock } from './clock.ts';

interface Pending {
  due: number;
  callback: () => void;
  cancelTimer: (() => void) | undefined;
}

/** The cluster's clock: runs with another one, can be stopped, stepped and set going again. */
export class SteppableClock implements Clock {
  readonly #base: Clock;
  readonly #pending = new Set<Pending>();
  /** What this clock is behind the base: the time for which it stood still. */
  #behind = 0;
  #stoppedAt: number | undefined;
  /** What the wall time is ahead of `now` while it is stopped: the base's two times do not run quite alike. */
  #wallAhead = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  get stopped(): boolean {
    return this.#stoppedAt !== undefined;
  }

  /** Milliseconds that it is behind the base, for it has stood still so long; while it does, that grows. */
  get behind(): number {
    return this.#base.now() - this.now();
  }

  now(): number {
    return this.#stoppedAt ?? this.#base.now() - this.#behind;
  }

  wallTime(): number {
    if (this.#stoppedAt !== undefined) return this.#stoppedAt + this.#wallAhead;
    return this.#base.wallTime() - this.#behind;
  }

  schedule(milliseconds: number, callback: () => void): () => void {
    const entry: Pending = {
      due: this.now() + Math.max(0, milliseconds),
      callback,
      cancelTimer: undefined,
    };
    this.#pending.add(entry);
    if (!this.stopped) this.#arm(entry);
    return () => {
      entry.cancelTimer?.();
      this.#pending.delete(entry);
    };
  }

  stop(): void {
    if (this.stopped) return;
    const wallTime = this.wallTime();
    this.#stoppedAt = this.now();
    this.#wallAhead = wallTime - this.#stoppedAt;
    for (const entry of this.#pending) entry.cancelTimer?.();
  }

  start(): void {
    if (this.#stoppedAt === undefined) return;
    this.#behind = this.#base.now() - this.#stoppedAt;
    this.#stoppedAt = undefined;
    for (const entry of [...this.#pending]) this.#arm(entry);
  }

  /** While stopped: goes on by so many milliseconds, running what falls due in order of time. */
  advance(milliseconds: number): void {
    if (this.#stoppedAt === undefined) return;
    const end = this.#stoppedAt + milliseconds;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#stoppedAt = Math.max(this.#stoppedAt, next.due);
      this.#fire(next);
    }
    // A callback may have set the clock going.
    if (this.stopped) this.#stoppedAt = end;
  }

  #arm(entry: Pending): void {
    entry.cancelTimer = this.#base.schedule(entry.due - this.now(), () => this.#fire(entry));
  }

  #fire(entry: Pending): void {
    this.#pending.delete(entry);
    entry.callback();
  }

  #nextDue(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (this.stopped && entry.due <= end && (!first || entry.due < first.due)) first = entry;
    }
    return first;
  }
}

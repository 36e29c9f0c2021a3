import { Emitter } from './emitter.ts';
import { cancelledError, throwIfCancelled } from './errors.ts';
import type { SteppableClock } from './steppable-clock.ts';

/** A place where a call can be held, such as `cri/RunPodSandbox` or `sync-loop/pleg`. */
export type HoldPoint = `cri/${string}` | `sync-loop/${string}`;

export interface HeldCall {
  id: number;
  point: HoldPoint;
  /** What the reader is shown of it, such as the CRI request. */
  details: unknown;
}

/**
 * Holds calls at the points that the reader chose. While one is held the cluster's clock stands
 * still, so no deadline passes meanwhile; machines run on.
 */
export class Stepper {
  readonly changes = new Emitter<readonly HeldCall[]>();
  readonly #clock: SteppableClock;
  readonly #held = new Map<number, { call: HeldCall; release: () => void }>();
  #points: ReadonlySet<string> = new Set();
  #holdNext = false;
  #nextId = 1;

  constructor(clock: SteppableClock) {
    this.#clock = clock;
  }

  get held(): readonly HeldCall[] {
    return [...this.#held.values()].map(({ call }) => call);
  }

  get breakpoints(): ReadonlySet<string> {
    return this.#points;
  }

  /** Replaces the points; a pattern may end in `*`. What is held already stays held. */
  setBreakpoints(points: Iterable<string>): void {
    this.#points = new Set(points);
  }

  /** Resolves at once unless the point is chosen; else when it is stepped, or rejects when the signal fires. */
  async pass(point: HoldPoint, details: unknown, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    if (!this.#matches(point)) return;
    this.#holdNext = false;
    await this.#hold({ id: this.#nextId++, point, details }, signal);
  }

  /** Lets one held call go (the oldest unless named), and holds whatever comes next to any point. */
  step(id?: number): void {
    this.#holdNext = true;
    this.#release(id);
  }

  /** Lets a held call go; only the breakpoints hold the next. */
  proceed(id?: number): void {
    this.#holdNext = false;
    this.#release(id);
  }

  /** Lets every held call go and forgets every breakpoint. */
  runOn(): void {
    this.#points = new Set();
    this.#holdNext = false;
    for (const { release } of [...this.#held.values()]) release();
  }

  #matches(point: string): boolean {
    if (this.#holdNext || this.#points.has(point)) return true;
    return [...this.#points].some(
      (pattern) => pattern.endsWith('*') && point.startsWith(pattern.slice(0, -1)),
    );
  }

  #release(id?: number): void {
    const entry = id === undefined ? this.#held.values().next().value : this.#held.get(id);
    entry?.release();
  }

  #hold(call: HeldCall, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#held.delete(call.id);
        signal?.removeEventListener('abort', onAbort);
        if (this.#held.size === 0) this.#clock.start();
        this.changes.emit(this.held);
      };
      const onAbort = () => {
        leave();
        if (signal) reject(cancelledError(signal));
      };
      const release = () => {
        leave();
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#held.set(call.id, { call, release });
      this.#clock.stop();
      this.changes.emit(this.held);
    });
  }
}

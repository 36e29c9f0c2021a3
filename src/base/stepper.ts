import { Emitter } from './emitter.ts';
import { cancelledError, throwIfCancelled } from './errors.ts';
import type { SteppableClock } from './steppable-clock.ts';

/** A place where a call can be held, such as `cri/RunPodSandbox` or `sync-loop/pleg`. */
export type HoldPoint = `cri/${string}` | `sync-loop/${string}` | `agent/${string}`;

export interface HeldCall {
  id: number;
  point: HoldPoint;
  /** What the reader is shown of it, such as the CRI request. */
  details: unknown;
}

export interface PassOptions {
  /** What the call is a step of, such as a pod's uid. */
  follows?: string | undefined;
  signal?: AbortSignal | undefined;
}

interface Held {
  call: HeldCall;
  follows: string | undefined;
  release: () => void;
}

/**
 * Holds calls at the points that the reader chose. While one is held the cluster's clock stands
 * still, so no deadline passes meanwhile; machines run on.
 */
export class Stepper {
  readonly changes = new Emitter<readonly HeldCall[]>();
  readonly #clock: SteppableClock;
  readonly #held = new Map<number, Held>();
  #points: ReadonlySet<string> = new Set();
  /** What the next call must follow to be held, whatever its point. */
  #stepping: { follows: string | undefined } | undefined;
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
  async pass(
    point: HoldPoint,
    details: unknown,
    { follows, signal }: PassOptions = {},
  ): Promise<void> {
    throwIfCancelled(signal);
    if (!this.#matches(point, follows)) return;
    this.#stepping = undefined;
    await this.#hold({ id: this.#nextId++, point, details }, { follows, signal });
  }

  /**
   * Lets one held call go (the oldest unless named), and holds the next that follows the same: a pod's next call,
   * SyncLoop's next iteration. After a call that follows nothing, the next of any kind.
   */
  step(id?: number): void {
    const entry = this.#find(id);
    if (!entry) return;
    this.#stepping = { follows: entry.follows };
    entry.release();
  }

  /** Lets a held call go; only the breakpoints hold the next. */
  proceed(id?: number): void {
    this.#stepping = undefined;
    this.#find(id)?.release();
  }

  /** Lets every held call go and forgets every breakpoint. */
  runOn(): void {
    this.#points = new Set();
    this.#stepping = undefined;
    for (const { release } of [...this.#held.values()]) release();
  }

  #matches(point: string, follows: string | undefined): boolean {
    if (this.#points.has(point)) return true;
    if (this.#stepping && [undefined, follows].includes(this.#stepping.follows)) return true;
    return [...this.#points].some(
      (pattern) => pattern.endsWith('*') && point.startsWith(pattern.slice(0, -1)),
    );
  }

  #find(id?: number): Held | undefined {
    return id === undefined ? this.#held.values().next().value : this.#held.get(id);
  }

  #hold(call: HeldCall, { follows, signal }: PassOptions): Promise<void> {
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
      this.#held.set(call.id, { call, follows, release });
      this.#clock.stop();
      this.changes.emit(this.held);
    });
  }
}

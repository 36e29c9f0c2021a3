import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import { Deferred } from './deferred.ts';
import { SandglassError } from './errors.ts';
import { untilAborted } from './until-aborted.ts';

export interface EmptyOptions {
  clock: Clock;
  /** Milliseconds for those inside to leave. */
  deadline: number;
  signal?: AbortSignal | undefined;
  /** The sentence for a gate that did not empty, from what was still inside. */
  late: (inside: readonly string[]) => string;
}

/** Counts who is inside, and can be shut: whoever comes then waits until it is opened again. */
export class Gate {
  readonly #inside = new Map<symbol, string>();
  #opened: Deferred<void> | undefined;
  #emptied: Deferred<void> | undefined;

  /** What is under way, in the words it came with. */
  get inside(): readonly string[] {
    return [...this.#inside.values()];
  }

  /** Does the work inside, as soon as the gate is open. */
  async pass<T>(what: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    while (this.#opened) await untilAborted(this.#opened.promise, signal);
    const ticket = Symbol(what);
    this.#inside.set(ticket, what);
    try {
      return await work();
    } finally {
      this.#inside.delete(ticket);
      if (this.#inside.size === 0) this.#emptied?.resolve();
    }
  }

  /**
   * Shuts the gate, waits until nobody is inside, does the work, and opens it again. Rejects with
   * `deadline-exceeded` if somebody stays.
   */
  async whileEmpty<T>(
    work: () => Promise<T>,
    { clock, deadline, signal, late }: EmptyOptions,
  ): Promise<T> {
    if (this.#opened) throw new SandglassError('failed-precondition', 'The gate is shut already.');
    const opened = (this.#opened = new Deferred<void>());
    const emptied = (this.#emptied = new Deferred<void>());
    if (this.#inside.size === 0) emptied.resolve();
    try {
      await withDeadline(emptied.promise, clock, deadline, () => late(this.inside), signal);
      return await work();
    } finally {
      this.#opened = undefined;
      this.#emptied = undefined;
      opened.resolve();
    }
  }
}

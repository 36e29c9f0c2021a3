/** Resets within `span` that a machine may do before it is left off: one that cannot boot would go on for ever. */
export const mostResets = 3;
/** Milliseconds. */
const span = 60_000;

/** Counts how often a guest resets its machine. */
export class ResetGuard {
  #resets: number[] = [];

  /** Whether the machine may start again after a reset now, by a clock of milliseconds. */
  allow(now: number): boolean {
    this.#resets = this.#resets.filter((at) => now - at < span);
    if (this.#resets.length >= mostResets) return false;
    this.#resets.push(now);
    return true;
  }
}

import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import type { SandglassError } from '#base/errors.ts';

interface Wish {
  /** True when it is fulfilled. */
  attempt: () => boolean;
  reject: (error: unknown) => void;
}

/** Work that must wait for the CPU to stand still, in the right condition. */
export class QuietMoments {
  readonly #wishes = new Set<Wish>();

  /** Calls `attempt` after every slice until it returns something. */
  async wait<T>(
    attempt: () => T | undefined,
    clock: Clock,
    deadline: number,
    late: string | (() => string),
    signal?: AbortSignal,
  ): Promise<T> {
    const added: Wish[] = [];
    const fulfilled = new Promise<T>((resolve, reject) => {
      added.push(this.#add(attempt, resolve, reject));
    });
    try {
      return await withDeadline(fulfilled, clock, deadline, late, signal);
    } finally {
      for (const wish of added) this.#wishes.delete(wish);
    }
  }

  /** The end of the slice that is under way. */
  async next(): Promise<void> {
    await new Promise((resolve, reject) => {
      this.#add(() => true, resolve, reject);
    });
  }

  /** The CPU stands still. */
  afterSlice(): void {
    if (this.#wishes.size === 0) return;
    for (const wish of [...this.#wishes]) {
      try {
        if (wish.attempt()) this.#wishes.delete(wish);
      } catch (error) {
        this.#wishes.delete(wish);
        wish.reject(error);
      }
    }
  }

  /** There will be no more slices. */
  fail(error: SandglassError): void {
    for (const wish of this.#wishes) wish.reject(error);
    this.#wishes.clear();
  }

  #add<T>(
    attempt: () => T | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): Wish {
    const wish = {
      attempt: () => {
        const value = attempt();
        if (value !== undefined) resolve(value);
        return value !== undefined;
      },
      reject,
    };
    this.#wishes.add(wish);
    return wish;
  }
}

import type { Clock } from '#base/clock.ts';

/** Pods that ask to be synced again at a time (pkg/kubelet/util/queue/work_queue.go). */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #due = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks for the pod again after so many milliseconds; replaces what it asked before. */
  enqueue(uid: string, delay: number): void {
    this.#due.set(uid, this.#clock.now() + delay);
  }

  /** The pods whose time has come. */
  due(): string[] {
    const now = this.#clock.now();
    return [...this.#due].filter(([, time]) => time <= now).map(([uid]) => uid);
  }

  /** Takes them out. */
  takeDue(): string[] {
    const due = this.due();
    for (const uid of due) this.#due.delete(uid);
    return due;
  }

  forget(uid: string): void {
    this.#due.delete(uid);
  }
}

/** A delay lengthened at random by up to `factor` of itself, so that pods do not move in step (apimachinery wait.Jitter). */
export function jitter(milliseconds: number, factor: number, random: () => number): number {
  return milliseconds * (1 + random() * factor);
}

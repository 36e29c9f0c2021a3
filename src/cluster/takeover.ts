import { cancelledError } from '#base/errors.ts';
import type { Machine } from '#vm/machine.ts';
import { endOf } from './node-ends.ts';

/** A start of a machine beside the one that runs, until it takes that one's place. It gives way to newer wishes. */
export class Takeover {
  readonly #attempt = new AbortController();
  readonly #newer: AbortSignal;
  readonly #giveWay = () => {
    this.#attempt.abort(cancelledError(this.#newer));
  };
  #machine: Machine | undefined;
  #committed = false;

  /** Any of the signals ends it, as long as it has not taken over. */
  constructor(newer: readonly AbortSignal[]) {
    this.#newer = AbortSignal.any([...newer]);
    if (this.#newer.aborted) this.#giveWay();
    else this.#newer.addEventListener('abort', this.#giveWay);
  }

  /** Of the start, and later of what was begun for the machine. */
  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  /** The end of its machine is its own end. */
  watch(machine: Machine): void {
    this.#machine = machine;
    machine.events.listen((event) => {
      const ended = endOf(event);
      if (ended && !this.#committed) this.#attempt.abort(ended.error);
    });
  }

  /** The machine takes over, which ends the wishes that this gave way to. Who has it from now on ends it by the controller. */
  commit(): AbortController {
    this.#committed = true;
    this.#newer.removeEventListener('abort', this.#giveWay);
    return this.#attempt;
  }

  /** It has failed: nothing is left of it. */
  abandon(): void {
    this.#newer.removeEventListener('abort', this.#giveWay);
    this.#machine?.dispose();
  }
}

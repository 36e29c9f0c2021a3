import type { Clock } from '#base/clock.ts';
import type { PageVisibility } from '#ui/ports.ts';
import type { Machine } from './machine.svelte.ts';
import { marks } from './marks.ts';

/** Between two looks at the machine's facts, in milliseconds: for the header, and with the facts open. */
const intervals = { header: 5000, dialog: 1000 } as const;

export interface FactsWatchOptions {
  machine: Machine;
  clock: Clock;
  visibility: PageVisibility;
  /** Whether the reader looks at them closely. */
  dialogOpen: () => boolean;
}

/** Asks for the machine's facts from time to time, as long as it runs and somebody can see them. */
export class FactsWatch {
  readonly #options: FactsWatchOptions;
  #cancel: (() => void) | undefined;

  constructor(options: FactsWatchOptions) {
    this.#options = options;
    const look = () => {
      this.look();
    };
    options.machine.statusChanged.listen(look);
    options.visibility.listen(look);
  }

  /** Asks now, and then as often as fits. */
  look(): void {
    this.#schedule(0);
  }

  dispose(): void {
    this.#cancel?.();
  }

  #schedule(delay: number): void {
    const { machine, clock, visibility, dialogOpen } = this.#options;
    this.#cancel?.();
    // Not in the way of the first prompt.
    if (visibility.hidden || !machine.running || !marks.has('prompt')) return;
    this.#cancel = clock.schedule(delay, () => {
      void machine.refreshFacts().then(() => {
        this.#schedule(intervals[dialogOpen() ? 'dialog' : 'header']);
      });
    });
  }
}

import type { Clock } from '#base/clock.ts';
import { Lingering } from './lingering.ts';

/** How long a notice stays, in milliseconds. */
const stays = 30_000;

/** A sentence across the page's top: what went wrong with the last thing that was tried. */
export class Notice {
  readonly lingering: Lingering;
  #text = $state('');

  constructor(clock: Clock) {
    this.lingering = new Lingering(clock, () => {
      this.text = '';
    });
  }

  /** Empty if there is nothing to say. */
  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    if (text) this.lingering.start(stays);
    else this.lingering.stop();
  }
}

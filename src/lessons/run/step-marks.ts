import type { Step } from '#lessons/lesson.ts';
import type { Stage } from '#lessons/ports.ts';

/**
 * What the machine was like when the reader came to a step. Only the step where the reader is has one: each takes
 * some 10 MB, and seconds of the machine's time.
 */
export class StepMarks {
  readonly #stage: Stage;
  #step: Step | undefined;
  #saved: Promise<Blob | undefined> | undefined;
  #abort = new AbortController();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Keeps what there is now as the step's beginning; a step that is already kept stays as it was. */
  keep(step: Step): void {
    if (this.#step === step) return;
    this.clear();
    this.#step = step;
    // What cannot be kept is made again when it is asked for.
    this.#saved = this.#stage.save(this.#abort.signal).catch(() => undefined);
  }

  /** Goes back to the step's beginning; false if that was not kept. */
  async open(step: Step, signal: AbortSignal): Promise<boolean> {
    const saved = this.#step === step ? await this.#saved : undefined;
    if (!saved) return false;
    await this.#stage.open(saved, signal);
    return true;
  }

  clear(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#step = undefined;
    this.#saved = undefined;
  }
}

import type { Step } from '#lessons/lesson.ts';
import type { Editors } from './reader.ts';

/** What stands in the editors of a lesson, by file: a step's own text, or what the reader has made of it. */
export class LessonTexts implements Editors {
  readonly #onShow: (file: string, text: string) => void;
  readonly #texts = new Map<string, string>();
  /** Steps whose texts have come to their editors once. */
  readonly #filled = new Set<Step>();
  /** Files that the reader has changed, by the step where that was. */
  readonly #edited = new Map<Step, Set<string>>();

  /** `onShow` is given what did not come from the reader. */
  constructor(onShow: (file: string, text: string) => void) {
    this.#onShow = onShow;
  }

  text(file: string): string {
    return this.#texts.get(file) ?? '';
  }

  show(file: string, text: string): void {
    this.#texts.set(file, text);
    this.#onShow(file, text);
  }

  edit(step: Step, file: string, text: string): void {
    this.#texts.set(file, text);
    const files = this.#edited.get(step) ?? new Set();
    this.#edited.set(step, files.add(file));
  }

  /** Puts a step's texts into their editors, the first time that the reader is there; what was changed there stays. */
  fill(step: Step): void {
    if (this.#filled.has(step)) return;
    this.#filled.add(step);
    const edited = this.#edited.get(step);
    for (const [file, text] of textsOf(step)) if (!edited?.has(file)) this.show(file, text);
  }

  /** Every text is to be the lesson's own again, from the next `fill` on. */
  forget(): void {
    this.#filled.clear();
    this.#edited.clear();
  }
}

/** The texts that a step has editors for, with their files. */
export function textsOf({ blocks }: Step): [file: string, text: string][] {
  return blocks.flatMap((block): [string, string][] =>
    block.kind === 'manifest' || block.kind === 'script' ? [[block.file, block.text]] : [],
  );
}

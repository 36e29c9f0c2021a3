import type { SettingsStore } from '#ui/ports.ts';

/** How far a reader is in a lesson. */
export interface LessonProgress {
  /** The step that was last open, by its slug. */
  step: string;
  /** Steps whose checks have all passed, by their slugs. */
  done: readonly string[];
}

const keyOf = (part: string, lesson: string) => `sandglass.lesson.${part}/${lesson}`;

/** How far the reader is in each lesson, kept in this browser: an entry a lesson, so that two tabs do not undo each other's. */
export class Progress {
  readonly #store: SettingsStore | undefined;

  constructor(store: SettingsStore | undefined) {
    this.#store = store;
  }

  /** Undefined for a lesson that was never opened. */
  of(part: string, lesson: string): LessonProgress | undefined {
    try {
      const saved: unknown = JSON.parse(this.#store?.getItem(keyOf(part, lesson)) ?? 'null');
      return isProgress(saved) ? saved : undefined;
    } catch {
      return undefined;
    }
  }

  /** Remembers the step that is open. */
  open(part: string, lesson: string, step: string): void {
    this.#save(part, lesson, { step, done: this.of(part, lesson)?.done ?? [] });
  }

  /** Remembers that a step's checks have passed; it stays so when they pass no longer. */
  finish(part: string, lesson: string, step: string): void {
    const before = this.of(part, lesson);
    const done = [...new Set([...(before?.done ?? []), step])];
    this.#save(part, lesson, { step: before?.step ?? step, done });
  }

  #save(part: string, lesson: string, progress: LessonProgress): void {
    try {
      this.#store?.setItem(keyOf(part, lesson), JSON.stringify(progress));
    } catch {
      // A full or forbidden store: the progress holds for this visit.
    }
  }
}

function isProgress(value: unknown): value is LessonProgress {
  const progress = value as Partial<LessonProgress> | null;
  return (
    typeof progress?.step === 'string' &&
    Array.isArray(progress.done) &&
    progress.done.every((slug) => typeof slug === 'string')
  );
}

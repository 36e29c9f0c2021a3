import type { LessonContent } from '#ui/site/page-data.ts';
import { openStore } from '#ui/site/reader-settings.ts';
import { Progress } from '#ui/state/progress.ts';

/** What an address has behind its `#`; nothing where that is damaged. */
export function namedByHash(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return '';
  }
}

/** The step that the address names, or where the reader was, or the first: its slug. */
export function stepAtFirst({ part, lesson }: LessonContent): string | undefined {
  const named = namedByHash(location.hash);
  const kept = new Progress(openStore()).of(part.slug, lesson.slug)?.step;
  const known = (slug: string | undefined) => lesson.steps.some((step) => step.slug === slug);
  return [named, kept].find(known) ?? lesson.steps[0]?.slug;
}

/** Shows one step of those that the build has drawn, before anything is painted: nothing moves later. */
export function showStepFirst({ lesson }: LessonContent, slug: string | undefined): void {
  for (const step of lesson.steps) {
    const section = document.getElementById(step.slug);
    if (section) section.hidden = step.slug !== slug;
  }
}

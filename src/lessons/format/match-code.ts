import type { LessonCode } from '#lessons/code.ts';
import { type Lesson, checksOf } from '#lessons/lesson.ts';
import { contentError } from './content-error.ts';

/** Throws a content error unless a lesson's text and its programs speak of the same steps and checks. */
export function matchCode(lesson: Lesson, { checks, solutions }: LessonCode): void {
  const checksFile = { file: `en/${lesson.folder}/checks.ts` };
  const solutionFile = { file: `en/${lesson.folder}/solution.ts` };
  const slugs = lesson.steps.map(({ slug }) => slug);
  for (const [slug, file] of [
    ...Object.keys(checks).map((slug) => [slug, checksFile] as const),
    ...Object.keys(solutions).map((slug) => [slug, solutionFile] as const),
  ]) {
    if (!slugs.includes(slug)) throw contentError(file, `There is no step called ${slug}.`);
  }
  for (const step of lesson.steps) {
    const words = checksOf(step).map(({ id }) => id);
    const written = Object.keys(checks[step.slug] ?? {});
    for (const id of words) {
      if (written.includes(id)) continue;
      throw contentError(checksFile, `The step ${step.slug} needs a check called ${id}.`);
    }
    for (const id of written) {
      if (words.includes(id)) continue;
      throw contentError(checksFile, `The step ${step.slug} has no words for the check ${id}.`);
    }
    if (words.length > 0 && !solutions[step.slug]) {
      throw contentError(solutionFile, `The step ${step.slug} needs a solution.`);
    }
  }
}

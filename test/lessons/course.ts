import { pathToFileURL } from 'node:url';
import { readCourse } from '#lessons/format/read-course.ts';
import type { LessonChecks, LessonCode, LessonSolutions } from '#lessons/code.ts';
import type { Lesson } from '#lessons/lesson.ts';
import { contentFiles, lessonFiles, lessonModule, sourceLocale } from '#site/course-files.ts';

/** Every lesson there is, in its order. */
export const lessons: readonly Lesson[] = readCourse(contentFiles(sourceLocale)).flatMap(
  (part) => part.lessons,
);

/** A lesson's programs and files, as the site bundles them. */
export async function codeOf({ folder }: Lesson): Promise<LessonCode> {
  const load = async (name: 'checks' | 'solution') =>
    ((await import(pathToFileURL(lessonModule(folder, name)).href)) as { default: unknown })
      .default;
  return {
    checks: (await load('checks')) as LessonChecks,
    solutions: (await load('solution')) as LessonSolutions,
    files: lessonFiles(folder),
  };
}

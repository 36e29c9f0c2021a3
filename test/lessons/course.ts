import { pathToFileURL } from 'node:url';
import { readCourse } from '#lessons/format/read-course.ts';
import type { LessonChecks, LessonCode, LessonSolutions } from '#lessons/code.ts';
import type { Lesson } from '#lessons/lesson.ts';
import { contentOf, lessonFiles, lessonModule } from '#site/course-files.ts';
import { sourceLocale } from '#site/locales.ts';

const parts = readCourse(contentOf(sourceLocale));

/** Every lesson there is, in its order. */
export const lessons: readonly Lesson[] = parts.flatMap((part) => part.lessons);

/** Where the site has a lesson, below its root. */
export function addressOf(lesson: Lesson): string {
  const part = parts.find((each) => each.lessons.includes(lesson));
  return `lessons/${part?.slug ?? ''}/${lesson.slug}/`;
}

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

/** Those that `npm test` plays in a browser; of the rest it plays the quick ones without. */
const few: readonly string[] = [
  '01-a-node-you-can-open/02-namespaces-and-cgroups-by-hand',
  '03-the-cri/02-a-pod-call-by-call',
  '04-virtual-machines-as-pods/04-the-escape',
];

/** Pods that are machines take long to start: of the part about them `npm test` plays no more than that one. */
const slowPart = '04-virtual-machines-as-pods/';

export const fewLessons = lessons.filter(({ folder }) => few.includes(folder));
export const otherLessons = lessons.filter((lesson) => !fewLessons.includes(lesson));
export const otherQuickLessons = otherLessons.filter(({ folder }) => !folder.startsWith(slowPart));

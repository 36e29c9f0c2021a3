import type { Part } from '#lessons/lesson.ts';
import type { Content } from '#lessons/format/read-course.ts';
import type * as CourseFiles from '../course-files.ts';
import { courseDirectory, courseLocales, siteLocales, sourceLocale } from '../locales.ts';

/** The lessons in one language. */
export interface LocaleCourse {
  locale: string;
  parts: readonly Part[];
  isTranslated: (folder: string, step: string) => boolean;
}

/** The course in each language that has lessons or a catalogue of words, English first. */
export function coursesOf(
  { contentOf }: typeof CourseFiles,
  readCourse: (content: Content) => Part[],
  directory = courseDirectory,
): LocaleCourse[] {
  const withLessons = courseLocales(directory);
  return siteLocales(directory).map((locale) => {
    const source = contentOf(sourceLocale, directory);
    const content = withLessons.includes(locale) ? contentOf(locale, directory) : source;
    return {
      locale,
      parts: readCourse(content),
      isTranslated: (folder, step) =>
        locale === sourceLocale || isOwn(content, locale, folder, step),
    };
  });
}

/** Whether a step's file is the locale's own. */
function isOwn({ files }: Content, locale: string, folder: string, step: string): boolean {
  return [...files].some(([name, { file }]) => {
    const [, slug] = /^\d+-(.+)\.md$/.exec(name.slice(folder.length + 1)) ?? [];
    return name.startsWith(`${folder}/`) && slug === step && file.startsWith(`${locale}/`);
  });
}

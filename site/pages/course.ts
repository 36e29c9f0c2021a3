import type { Part } from '#lessons/lesson.ts';
import type { ContentFiles } from '#lessons/format/read-course.ts';
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
  { contentFiles }: typeof CourseFiles,
  readCourse: (files: ContentFiles) => Part[],
  directory = courseDirectory,
): LocaleCourse[] {
  const withLessons = courseLocales(directory);
  return siteLocales(directory).map((locale) => {
    const source = contentFiles(sourceLocale, directory);
    const files = withLessons.includes(locale) ? contentFiles(locale, directory) : source;
    return {
      locale,
      parts: readCourse(files),
      isTranslated: (folder, step) =>
        locale === sourceLocale || differs(files, source, folder, step),
    };
  });
}

/** Whether a step's file is the locale's own. */
function differs(files: ContentFiles, source: ContentFiles, folder: string, step: string): boolean {
  return [...files].some(([name, text]) => {
    const [, slug] = /^\d+-(.+)\.md$/.exec(name.slice(folder.length + 1)) ?? [];
    return name.startsWith(`${folder}/`) && slug === step && source.get(name) !== text;
  });
}

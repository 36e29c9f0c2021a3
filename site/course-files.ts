import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import type { Content, ContentFile } from '#lessons/format/read-course.ts';
import { courseDirectory, sourceLocale } from './locales.ts';

/** The Markdown of a locale by its paths there, page by page the source's where there is no translation. */
export function contentOf(locale: string, directory = courseDirectory): Content {
  const source = markdownIn(directory, sourceLocale);
  if (locale === sourceLocale) return { directory: locale, files: source };
  const translated = markdownIn(directory, locale);
  for (const name of translated.keys()) {
    if (source.has(name)) continue;
    throw new SandglassError(
      'invalid-argument',
      `lessons/${locale}/${name}: There is no lessons/${sourceLocale}/${name} that this could translate.`,
    );
  }
  return { directory: locale, files: new Map([...source, ...translated]) };
}

/** The files that a lesson brings to the reader's directory, by name. */
export function lessonFiles(folder: string, directory = courseDirectory): Record<string, string> {
  const files = path.join(directory, sourceLocale, folder, 'files');
  if (!statSync(files, { throwIfNoEntry: false })) return {};
  const names = readdirSync(files).sort();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(path.join(files, name), 'utf8')]),
  );
}

/** `checks` or `solution` of a lesson: the path of its module. */
export function lessonModule(
  folder: string,
  name: 'checks' | 'solution',
  directory = courseDirectory,
): string {
  return path.join(directory, sourceLocale, folder, `${name}.ts`);
}

function markdownIn(directory: string, locale: string): Map<string, ContentFile> {
  const root = path.join(directory, locale);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll(path.sep, '/'))
    .filter((name) => name.endsWith('.md') && !name.includes('/files/'))
    .sort();
  return new Map(
    names.map((name) => {
      const text = readFileSync(path.join(root, name), 'utf8');
      return [name, { text, file: `${locale}/${name}` }];
    }),
  );
}

import { type Lesson, type Part, type Step, lessonNeeds } from '#lessons/lesson.ts';
import { contentError } from './content-error.ts';
import { readFrontMatter } from './front-matter.ts';
import { parseMarkdown } from './markdown.ts';
import { readStep } from './read-step.ts';

/** The files below `lessons/`, by their paths there, such as `02-kubelet/01-sync-loop/1-the-loop.md`. */
export type ContentFiles = ReadonlyMap<string, string>;

const numbered = /^(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)$/;

/**
 * Every part with its lessons and their steps, in the order of their numbers. Throws a content error
 * for what is not as it should be, a number that is missing or given twice among it.
 */
export function readCourse(files: ContentFiles): Part[] {
  return numberedFolders(files, '').map(({ slug, path }) => {
    const head = readHead(files, `${path}part.md`, {
      title: { type: 'text' },
      summary: { type: 'text' },
    });
    const lessons = numberedFolders(files, path).map((folder) =>
      readLesson(files, folder.path, folder.slug),
    );
    return { slug, ...head, lessons };
  });
}

function readLesson(files: ContentFiles, path: string, slug: string): Lesson {
  const head = readHead(files, `${path}lesson.md`, {
    title: { type: 'text' },
    summary: { type: 'text' },
    minutes: { type: 'number' },
    needs: { type: 'choice', of: lessonNeeds },
  });
  return { slug, folder: path.slice(0, -1), ...head, steps: readSteps(files, path) };
}

function readSteps(files: ContentFiles, path: string): Step[] {
  const names = namesIn(files, path).filter((name) => name.endsWith('.md') && name !== 'lesson.md');
  const steps = inOrder(
    names.map((name) => name.slice(0, -'.md'.length)),
    path,
  ).map(({ name, slug }) => {
    const file = `${path}${name}.md`;
    return readStep(files.get(file) ?? '', file, slug);
  });
  if (steps.length === 0) throw contentError({ file: path }, 'A lesson has steps: 1-name.md, ….');
  return steps;
}

function readHead<const Fields extends Parameters<typeof readFrontMatter>[1]>(
  files: ContentFiles,
  file: string,
  fields: Fields,
) {
  const source = files.get(file);
  if (source === undefined) throw contentError({ file }, 'This file is missing.');
  const [head, ...more] = parseMarkdown(source).children;
  if (head?.type !== 'yaml' || more.length > 0) {
    throw contentError({ file, line: 1 }, 'This file is front matter and nothing else.');
  }
  return readFrontMatter(head.value, fields, { file, line: 2 });
}

function numberedFolders(files: ContentFiles, path: string) {
  const folders = namesIn(files, path).filter((name) => name.endsWith('/'));
  return inOrder(
    folders.map((name) => name.slice(0, -1)),
    path,
  ).map(({ name, slug }) => ({ slug, path: `${path}${name}/` }));
}

/** What is directly in a folder, each name once; those of folders end with a slash. */
function namesIn(files: ContentFiles, path: string): string[] {
  const names = new Set<string>();
  for (const file of files.keys()) {
    if (!file.startsWith(path)) continue;
    const rest = file.slice(path.length);
    const slash = rest.indexOf('/');
    names.add(slash < 0 ? rest : rest.slice(0, slash + 1));
  }
  return [...names];
}

/** Sorted by number; the numbers must be 1, 2, 3, …. */
function inOrder(names: readonly string[], path: string): { name: string; slug: string }[] {
  const entries = names.map((name) => {
    const [, number, slug] = numbered.exec(name) ?? [];
    if (number === undefined || slug === undefined) {
      throw contentError({ file: `${path}${name}` }, 'A name here is a number, a dash and words.');
    }
    return { name, slug, number: Number(number) };
  });
  entries.sort((a, b) => a.number - b.number);
  entries.forEach(({ name, number }, index) => {
    if (number === index + 1) return;
    throw contentError({ file: `${path}${name}` }, `Number ${index + 1} was expected here.`);
  });
  return entries;
}

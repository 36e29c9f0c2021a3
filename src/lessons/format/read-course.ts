import { type Lesson, type Part, type Step, lessonNeeds } from '#lessons/lesson.ts';
import { contentError } from './content-error.ts';
import { readFrontMatter } from './front-matter.ts';
import { parseMarkdown } from './markdown.ts';
import { readStep } from './read-step.ts';

/** A page of the course: its text, and its file below `lessons/`, such as `en/02-the-kubelet/01-the-loop/1-one-loop.md`. */
export interface ContentFile {
  text: string;
  file: string;
}

/** A course in one language. */
export interface Content {
  /** Its directory below `lessons/`, such as `en`: what is missing is missing there. */
  directory: string;
  /** By their paths in the course, such as `02-the-kubelet/01-the-loop/1-one-loop.md`. */
  files: ReadonlyMap<string, ContentFile>;
}

const numbered = /^(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)$/;

/**
 * Every part with its lessons and their steps, in the order of their numbers. Throws a content error
 * for what is not as it should be, a number that is missing or given twice among it.
 */
export function readCourse(content: Content): Part[] {
  return numberedFolders(content, '').map(({ slug, path }) => {
    const head = readHead(content, `${path}part.md`, {
      title: { type: 'text' },
      summary: { type: 'text' },
    });
    const lessons = numberedFolders(content, path).map((folder) =>
      readLesson(content, folder.path, folder.slug),
    );
    return { slug, ...head, lessons };
  });
}

function readLesson(content: Content, path: string, slug: string): Lesson {
  const head = readHead(content, `${path}lesson.md`, {
    title: { type: 'text' },
    summary: { type: 'text' },
    minutes: { type: 'number' },
    needs: { type: 'choice', of: lessonNeeds },
  });
  return { slug, folder: path.slice(0, -1), ...head, steps: readSteps(content, path) };
}

function readSteps(content: Content, path: string): Step[] {
  const names = namesIn(content, path).filter(
    (name) => name.endsWith('.md') && name !== 'lesson.md',
  );
  const steps = inOrder(
    content,
    names.map((name) => name.slice(0, -'.md'.length)),
    path,
  ).map(({ name, slug }) => {
    const { text, file } = content.files.get(`${path}${name}.md`) ?? missing(content, path);
    return readStep(text, file, slug);
  });
  if (steps.length === 0)
    throw contentError(
      { file: `${content.directory}/${path}` },
      'A lesson has steps: 1-name.md, ….',
    );
  return steps;
}

function readHead<const Fields extends Parameters<typeof readFrontMatter>[1]>(
  content: Content,
  path: string,
  fields: Fields,
) {
  const { text, file } = content.files.get(path) ?? missing(content, path);
  const [head, ...more] = parseMarkdown(text).children;
  if (head?.type !== 'yaml' || more.length > 0) {
    throw contentError({ file, line: 1 }, 'This file is front matter and nothing else.');
  }
  return readFrontMatter(head.value, fields, { file, line: 2 });
}

function missing({ directory }: Content, path: string): never {
  throw contentError({ file: `${directory}/${path}` }, 'This file is missing.');
}

function numberedFolders(content: Content, path: string) {
  const folders = namesIn(content, path).filter((name) => name.endsWith('/'));
  return inOrder(
    content,
    folders.map((name) => name.slice(0, -1)),
    path,
  ).map(({ name, slug }) => ({ slug, path: `${path}${name}/` }));
}

/** What is directly in a folder, each name once; those of folders end with a slash. */
function namesIn({ files }: Content, path: string): string[] {
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
function inOrder(
  { directory }: Content,
  names: readonly string[],
  path: string,
): { name: string; slug: string }[] {
  const entries = names.map((name) => {
    const [, number, slug] = numbered.exec(name) ?? [];
    if (number === undefined || slug === undefined) {
      throw contentError(
        { file: `${directory}/${path}${name}` },
        'A name here is a number, a dash and words.',
      );
    }
    return { name, slug, number: Number(number) };
  });
  entries.sort((a, b) => a.number - b.number);
  entries.forEach(({ name, number }, index) => {
    if (number === index + 1) return;
    throw contentError(
      { file: `${directory}/${path}${name}` },
      `Number ${index + 1} was expected here.`,
    );
  });
  return entries;
}

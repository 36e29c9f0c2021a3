import type { LessonChecks, LessonCode, LessonSolutions } from '#lessons/code.ts';
import { SandglassError } from '#base/errors.ts';
import { words } from '#ui/words/words.ts';

type Load<T> = Record<string, (() => Promise<T>) | undefined>;

const checks = import.meta.glob('/lessons/en/*/*/checks.ts', {
  import: 'default',
}) as Load<LessonChecks>;
const solutions = import.meta.glob('/lessons/en/*/*/solution.ts', {
  import: 'default',
}) as Load<LessonSolutions>;
const files: Load<string> = import.meta.glob<string>('/lessons/en/*/*/files/*', {
  query: '?raw',
  import: 'default',
});

/** The programs and files of a lesson, by its folder below `lessons/en/`. */
export async function loadCode(folder: string): Promise<LessonCode> {
  const root = `/lessons/en/${folder}/`;
  const [lessonChecks, lessonSolutions] = await Promise.all([
    checks[`${root}checks.ts`]?.(),
    solutions[`${root}solution.ts`]?.(),
  ]);
  if (!lessonChecks || !lessonSolutions) {
    throw new SandglassError('internal', words.lesson.noCode(folder));
  }
  const own = Object.entries(files).filter(([path]) => path.startsWith(`${root}files/`));
  const texts = await Promise.all(
    own.map(async ([path, load]) => [path.slice(`${root}files/`.length), (await load?.()) ?? '']),
  );
  return {
    checks: lessonChecks,
    solutions: lessonSolutions,
    files: Object.fromEntries(texts) as Record<string, string>,
  };
}

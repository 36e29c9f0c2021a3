import { it } from 'vitest';
import { otherQuickLessons } from './course.ts';
import { playLesson } from './play.ts';

/** Milliseconds: some lessons have the reader wait for what the kubelet does every ten seconds. */
const timeout = 600_000;

it.for(otherQuickLessons.map((lesson) => [lesson.folder, lesson] as const))(
  '%s',
  { timeout },
  async ([, lesson]) => {
    await playLesson(lesson, { reset: 'second step' });
  },
);

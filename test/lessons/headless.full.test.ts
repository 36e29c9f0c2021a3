import { it } from 'vitest';
import { lessons } from './course.ts';
import { playLesson } from './play.ts';

/** Milliseconds: some lessons have the reader wait for what the kubelet does every ten seconds, and are played twice. */
const timeout = 600_000;

it.for(lessons.map((lesson) => [lesson.folder, lesson] as const))(
  '%s, and all of it again',
  { timeout },
  async ([, lesson]) => {
    await playLesson(lesson, { reset: 'last step' });
  },
);

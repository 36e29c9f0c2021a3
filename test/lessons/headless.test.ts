import { it } from 'vitest';
import { fewLessons } from './course.ts';
import { playLesson } from './play.ts';

/** Milliseconds: some lessons have the reader wait for what the kubelet does every ten seconds, and are played twice. */
const timeout = 600_000;

it.for(fewLessons.map((lesson) => [lesson.folder, lesson] as const))(
  '%s',
  { timeout },
  async ([, lesson]) => {
    await playLesson(lesson, { resets: 'last step' });
  },
);

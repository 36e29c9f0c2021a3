import { it } from 'vitest';
import { lessons } from './course.ts';
import { playLesson } from './play.ts';

it.for(lessons.map((lesson) => [lesson.folder, lesson] as const))('%s', async ([, lesson]) => {
  await playLesson(lesson, { resets: 'last step' });
});

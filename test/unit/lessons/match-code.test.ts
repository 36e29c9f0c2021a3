import { expect, it } from 'vitest';
import { matchCode } from '#lessons/format/match-code.ts';
import { codeOf, lessons } from '../../lessons/course.ts';

it.each(lessons.map((lesson) => [lesson.folder, lesson] as const))(
  '%s has checks and solutions for what its text says',
  async (_folder, lesson) => {
    matchCode(lesson, await codeOf(lesson));
    expect(lesson.minutes).toBeGreaterThanOrEqual(8);
    expect(lesson.minutes).toBeLessThanOrEqual(15);
  },
);

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { matchReasons, reasonsIn } from '#lessons/format/check-reasons.ts';
import { matchCode } from '#lessons/format/match-code.ts';
import { checksOf } from '#lessons/lesson.ts';
import { lessonModule } from '#site/course-files.ts';
import { codeOf, lessons } from '../../lessons/course.ts';

it.each(lessons.map((lesson) => [lesson.folder, lesson] as const))(
  '%s has checks and solutions for what its text says',
  async (folder, lesson) => {
    matchCode(lesson, await codeOf(lesson));
    const source = readFileSync(lessonModule(folder, 'checks'), 'utf8');
    matchReasons(lesson, source);
    // Each word is for a reason that its check gives.
    const given = reasonsIn(source).map(({ step, check, reason }) => `${step} ${check} ${reason}`);
    const words = lesson.steps.flatMap((step) =>
      checksOf(step).flatMap(({ id, missing }) =>
        Object.keys(missing).map((reason) => `${step.slug} ${id} ${reason}`),
      ),
    );
    expect(given).toEqual(expect.arrayContaining(words));
    expect(lesson.minutes).toBeGreaterThanOrEqual(8);
    expect(lesson.minutes).toBeLessThanOrEqual(15);
  },
);

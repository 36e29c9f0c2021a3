import { expect, it } from 'vitest';
import type { LessonCode } from '#lessons/code.ts';
import type { Lesson } from '#lessons/lesson.ts';
import { matchCode } from './match-code.ts';

const lesson: Lesson = {
  slug: 'l',
  folder: '01-p/01-l',
  title: 'L',
  summary: 'S',
  minutes: 8,
  needs: 'machine',
  steps: [
    {
      slug: 'look',
      title: 'Look',
      blocks: [{ kind: 'checks', checks: [{ id: 'seen', html: 'Seen', missing: {} }] }],
    },
    { slug: 'end', title: 'End', blocks: [] },
  ],
};
const yes = () => true as const;
const whole = {
  checks: { look: { seen: yes } },
  solutions: { look: () => Promise.resolve() },
  files: {},
} satisfies LessonCode;

it('lets pass a lesson whose text and programs speak of the same', () => {
  expect(() => {
    matchCode(lesson, whole);
  }).not.toThrow();
});

it.each<[string, Partial<LessonCode>, string]>([
  ['a check without code', { checks: {} }, 'checks.ts: The step look needs a check called seen.'],
  [
    'code without a check',
    { checks: { look: { seen: yes, more: yes } } },
    'checks.ts: The step look has no words for the check more.',
  ],
  ['an unknown step', { checks: { lok: {} } }, 'checks.ts: There is no step called lok.'],
  ['no solution', { solutions: {} }, 'solution.ts: The step look needs a solution.'],
  [
    'a solution of an unknown step',
    { solutions: { ...whole.solutions, lok: () => Promise.resolve() } },
    'solution.ts: There is no step called lok.',
  ],
])('complains of %s', (_what, change, message) => {
  expect(() => {
    matchCode(lesson, { ...whole, ...change });
  }).toThrow(`lessons/en/01-p/01-l/${message}`);
});

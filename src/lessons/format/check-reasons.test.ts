import { expect, it } from 'vitest';
import type { Lesson } from '#lessons/lesson.ts';
import { matchReasons, reasonsIn } from './check-reasons.ts';

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
      blocks: [
        { kind: 'checks', checks: [{ id: 'seen', html: 'Seen', missing: { none: 'None.' } }] },
      ],
    },
  ],
};

const module = (check: string, more = '') => `${more}
export default { look: { seen: ${check} } } satisfies LessonChecks;`;

it.each<[what: string, source: string, reasons: string[]]>([
  ['at the end', module(`async ({ run }) => (await run('x')).code === 0 || 'a'`), ['a']],
  ['by a condition', module(`(scene) => (scene.held ? 'a' : scene.pods ? true : 'b')`), ['a', 'b']],
  ['with values', module(`() => ({ reason: 'a', values: { name: 'b' } })`), ['a']],
  [
    'by statements, and not those of functions in it',
    module(
      `(scene) => { const f = () => { return 'no'; }; if (f()) return 'a'; return g && 'b'; }`,
    ),
    ['a', 'b'],
  ],
  ['by a name', module(`() => { const found = scene.pods ?? 'a'; return found; }`), ['a']],
  [
    'by functions of the file',
    module(
      '(scene) => why(scene)',
      `const why = (s) => again(s);\nfunction again() { return 'a'; }`,
    ),
    ['a'],
  ],
  [
    'by a function that calls itself',
    module('why', `function why() { return why() || 'a'; }`),
    ['a'],
  ],
  ['in no comparison and no argument', module(`(s) => say('no') === 'no' || true`), []],
])('finds reasons that are given %s', (_what, source, reasons) => {
  expect(reasonsIn(source).map(({ reason }) => reason)).toEqual(reasons);
});

it('tells of one without words with its line', () => {
  expect(() => {
    matchReasons(lesson, module(`() => true || 'none'`));
  }).not.toThrow();
  expect(() => {
    matchReasons(lesson, module(`() =>\n  true ||\n  'nome'`));
  }).toThrow(
    'lessons/en/01-p/01-l/checks.ts:4: The step look has no words for the reason nome of its check seen.',
  );
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { addressOf, lessons } from '../../lessons/course.ts';

it.each(['README.md', 'docs/site.md', 'docs/lessons.md'])(
  '%s names no lesson and no step that there is not',
  (file) => {
    const known = lessons.flatMap((lesson) => [
      `/${addressOf(lesson)}`,
      ...lesson.steps.map(({ slug }) => `/${addressOf(lesson)}#${slug}`),
    ]);
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const named = [
      ...text.matchAll(/example\.org(\/lessons\/[^/]+\/[^/]+\/)(?:\?embed)?(#[\w-]+)?/g),
    ];
    expect(known).toEqual(
      expect.arrayContaining(named.map(([, page = '', step = '']) => page + step)),
    );
    if (file === 'docs/site.md') expect(named).not.toEqual([]);
  },
);

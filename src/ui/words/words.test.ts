import { afterEach, expect, test } from 'vitest';
import { en } from './en.ts';
import { useWords, words } from './words.ts';

afterEach(() => {
  useWords({});
});

test('a catalogue’s own strings stand beside the English ones of what it lacks', () => {
  useWords({ site: { contents: 'Inhalt' } });
  expect(words.site.contents).toBe('Inhalt');
  expect(words.site.playground).toBe(en.site.playground);
});

test('another catalogue leaves nothing of the one before', () => {
  useWords({ site: { contents: 'Inhalt' } });
  useWords({});
  expect(words).toEqual(en);
});

import { expect, test } from 'vitest';
import { cleanName, longestName, readEntries } from './saved-entry.ts';

const facts = (id: string, savedAt: number) => ({
  id,
  name: `cluster ${id}`,
  savedAt,
  pods: 1,
  bytes: 5,
  build: 'a build',
});

test('a name is one line without control characters, and no longer than there is room for', () => {
  expect(cleanName('  <b>before</b> \n the\u001b[31m\u0000fall ')).toBe(
    '<b>before</b> the [31m fall',
  );
  expect(cleanName(' \n\t ')).toBe('');
  expect(Array.from(cleanName('\u{1f437}'.repeat(200)))).toHaveLength(longestName);
});

test('the latest cluster is the first', () => {
  const entries = readEntries(
    [facts('a', 1000), facts('b', 3000), facts('c', 2000)],
    ['a', 'b', 'c'],
  );
  expect(entries.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
  expect(entries[0]).toEqual(facts('b', 3000));
});

test('a cluster without its content is damaged, and keeps its name', () => {
  expect(readEntries([facts('a', 1000), facts('b', 3000)], ['a'])).toEqual([
    facts('a', 1000),
    { id: 'b', name: 'cluster b', isDamaged: true },
  ]);
});

test('content of which nothing is known can be seen, and so deleted', () => {
  expect(readEntries([], ['a'])).toEqual([{ id: 'a', name: undefined, isDamaged: true }]);
});

test.each([
  ['no time', { savedAt: undefined }],
  ['no date', { savedAt: 1e300 }],
  ['no number', { pods: 'many' }],
  ['a negative size', { bytes: -1 }],
  ['no size', { bytes: Number.NaN }],
  ['no build', { build: 7 }],
  ['no name', { name: {} }],
  ['an empty name', { name: '\n' }],
])('facts with %s are damaged', (_what, change) => {
  expect(readEntries([{ ...facts('a', 1000), ...change }], ['a'])).toMatchObject([
    { id: 'a', isDamaged: true },
  ]);
});

import { expect, test } from 'vitest';
import { readQuery } from './query.ts';

test('an address without a query asks for nothing', () => {
  expect(readQuery('')).toEqual({ test: false, sleepAfter: undefined, embed: false });
});

test('the test handle and the sleep delay can be asked for', () => {
  expect(readQuery('?test&sleep=1.5')).toEqual({ test: true, sleepAfter: 1500, embed: false });
});

test('the bare thing can be asked for', () => {
  expect(readQuery('?embed').embed).toBe(true);
});

test('a delay that is no number is none', () => {
  expect(readQuery('?sleep=soon').sleepAfter).toBeUndefined();
  expect(readQuery('?sleep=-1').sleepAfter).toBeUndefined();
});

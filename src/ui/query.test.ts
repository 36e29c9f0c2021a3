import { expect, test } from 'vitest';
import { readQuery } from './query.ts';

test('an address without a query asks for nothing', () => {
  expect(readQuery('')).toEqual({ test: false, sleepAfter: undefined });
});

test('the test handle and the sleep delay can be asked for', () => {
  expect(readQuery('?test&sleep=1.5')).toEqual({ test: true, sleepAfter: 1500 });
});

test('a delay that is no number is none', () => {
  expect(readQuery('?sleep=soon').sleepAfter).toBeUndefined();
  expect(readQuery('?sleep=-1').sleepAfter).toBeUndefined();
});

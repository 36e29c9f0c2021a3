import { expect, test } from 'vitest';
import { defaultTarget, targetsOf } from './targets.ts';

test('one file goes to a path, more go into a folder', () => {
  expect(defaultTarget(['a.txt'])).toBe('/root/a.txt');
  expect(defaultTarget(['a.txt', 'b.txt'])).toBe('/root');
});

test('each file has its path', () => {
  const [a, b] = [{ name: 'a' }, { name: 'b' }];
  expect(targetsOf([a], '/tmp/x')).toEqual([[a, '/tmp/x']]);
  expect(targetsOf([a], '/tmp/')).toEqual([[a, '/tmp/a']]);
  expect(targetsOf([a, b], '/')).toEqual([
    [a, '/a'],
    [b, '/b'],
  ]);
});

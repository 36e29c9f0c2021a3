import { expect, it } from 'vitest';
import { memoryClassFor } from './machines.ts';

const mebibyte = 1 << 20;

it.each([
  ['no limit', 0, 64],
  ['little', 16 * mebibyte, 32],
  ['as much as the smallest leaves', 20 * mebibyte, 32],
  ['a byte more', 20 * mebibyte + 1, 64],
  ['more than the largest', 4096 * mebibyte, 256],
])('a pod with %s gets the machine for it', (_what, limit, size) => {
  expect(memoryClassFor(limit)).toBe(size);
});

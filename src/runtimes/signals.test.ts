import { expect, it } from 'vitest';
import { signalNumber } from './signals.ts';

it.each([
  ['SIGTERM', 15],
  ['TERM', 15],
  ['quit', 3],
  ['9', 9],
  ['SIGIOT', 6],
  ['SIGRTMIN', 34],
  ['SIGRTMIN+3', 37],
  ['SIGRTMINPLUS3', 37],
  ['SIGRTMAXMINUS14', 50],
  ['SIGRTMAX', 64],
  ['SIGNONE', undefined],
])('%s is %s', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

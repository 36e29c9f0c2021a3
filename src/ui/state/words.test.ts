import { expect, test } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import {
  bytesInWords,
  clusterInWords,
  dateAndTime,
  durationInWords,
  endInWords,
  errorInWords,
  progressInWords,
  rateInWords,
  shortKernel,
  timeOfDay,
} from './words.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [640_000, '640 kB'],
  [6_600_000, '6.6 MB'],
])('%i is %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});

test.each([
  [3_200_000, 6_600_000, '3.2 of 6.6 MB'],
  [0, 6_600_000, '0.0 of 6.6 MB'],
  [500, 2000, '500 bytes of 2 kB'],
  [1000, 2000, '1 of 2 kB'],
  [1000, undefined, '1 kB'],
  [12_300_000, 4_294_967_296, '12.3 MB of 4.3 GB'],
  [1_200_000_000, 4_294_967_296, '1.2 of 4.3 GB'],
])('%i of %s is %s', (done, total, words) => {
  expect(progressInWords(done, total)).toBe(words);
});

test('times and rates', () => {
  const moment = Date.UTC(2026, 2, 1, 21, 56, 7);
  expect(timeOfDay(moment)).toBe('21:56:07');
  expect(dateAndTime(moment)).toBe('2026-03-01 21:56:07 UTC');
  expect(durationInWords(7500)).toBe('2 h 05 min');
  expect(durationInWords(250)).toBe('4 min 10 s');
  expect(durationInWords(12.9)).toBe('12 s');
  expect(rateInWords(64_200_000)).toBe('64.2 million a second');
  expect(rateInWords(500)).toBe('1 thousand a second');
  expect(rateInWords(499)).toBe('at rest');
});

test('kernels are named by their series', () => {
  expect(shortKernel('Linux 6.1.192 i686')).toBe('Linux 6.1');
  expect(shortKernel('something else')).toBe('something else');
});

test('ends of shells', () => {
  expect(endInWords({ kind: 'exited', code: 3 })).toBe('exited with code 3');
  expect(endInWords({ kind: 'killed', signal: 'SIGKILL' })).toBe('killed by signal KILL');
});

test('errors are sentences', () => {
  expect(errorInWords(new SandglassError('not-found', 'No such file'))).toBe('No such file.');
  expect(errorInWords(new Error('Why?'))).toBe('Why?');
  expect(errorInWords(new Error(''))).toBe('Something went wrong that left no message.');
});

test('a cluster has words while it cannot be seen, and none once it can', () => {
  const failure = { code: 'resource-exhausted', message: 'The disk is full.' } as const;
  expect(clusterInWords({ kind: 'failed', failure, retryAt: 0 })).toBe(
    'The cluster could not be started: The disk is full.',
  );
  expect(clusterInWords({ kind: 'starting' })).toMatch(/^Starting/);
  expect(clusterInWords({ kind: 'running' })).toBe('');
});

import { expect, it } from 'vitest';
import { estimateBytes } from './estimate-bytes.ts';

it.each<[what: string, value: unknown, least: number]>([
  ['a text', 'x'.repeat(1000), 1000],
  ['bytes', new Uint8Array(5000), 5000],
  ['what an object holds', { a: { b: ['x'.repeat(300), 'y'.repeat(300)] } }, 600],
  ['many small objects', Array.from({ length: 100 }, () => ({})), 3000],
])('counts %s', (_, value, least) => {
  const bytes = estimateBytes(value);
  expect(bytes).toBeGreaterThanOrEqual(least);
  expect(bytes).toBeLessThan(least * 2);
});

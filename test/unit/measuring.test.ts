import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

test('every benchmark is in the documentation', () => {
  const folder = 'src/host/bench';
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('-benchmarks.ts'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .flatMap((source) => [...source.matchAll(/^ +name: '([\w-]+)',$/gm)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(15);
  const text = readFileSync('docs/measuring.md', 'utf8');
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

import { expect, test } from 'vitest';
import { manifestProblems } from '#kube/manifest/problems.ts';
import { examples } from './examples.ts';
import { isManifestFile } from './manifest-file.ts';

test.each(examples)('$id can be applied as it is', ({ file, manifest, commands }) => {
  expect(manifestProblems(manifest)).toEqual([]);
  // What the bench has room for.
  expect(manifest.split('\n').filter((line) => line.length > 84)).toEqual([]);
  expect(isManifestFile(file)).toBe(true);
  expect(commands.length).toBeGreaterThan(0);
});

test('no two are of one file or one pod', () => {
  const files = examples.map(({ file }) => file);
  expect(new Set(files).size).toBe(files.length);
  const pods = examples.flatMap(({ manifest }) => [
    ...manifest.matchAll(/kind: Pod\nmetadata:\n {2}name: (\S+)/g),
  ]);
  expect(pods.length).toBeGreaterThanOrEqual(examples.length);
  expect(new Set(pods.map(([, name]) => name)).size).toBe(pods.length);
});

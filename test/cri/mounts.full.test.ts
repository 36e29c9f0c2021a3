import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CriNode, startCri } from './cri.ts';
import { mounts } from './specs/mounts.ts';
import { testSpecs } from './specs/spec.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

testSpecs(mounts, () => cri);

it('every handler of a container runtime says that it can mount recursively read-only, the reader’s does not', async () => {
  const { runtimeHandlers } = await cri.runtime.status({});
  expect(
    runtimeHandlers.map(({ name, features }) => [name, features?.recursiveReadOnlyMounts]),
  ).toEqual([
    ['', true],
    ['crun', true],
    ['runc', true],
    ['toy', false],
  ]);
});

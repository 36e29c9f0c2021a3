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

it('the container runtimes say that they can mount recursively read-only, those of machines and the reader’s that they cannot', async () => {
  const { runtimeHandlers } = await cri.runtime.status({});
  expect(
    runtimeHandlers.map(({ name, features }) => [name, features?.recursiveReadOnlyMounts]),
  ).toEqual([
    ['', true],
    ['crun', true],
    ['kata-fc', false],
    ['kata-qemu', false],
    ['kata-template', false],
    ['runc', true],
    ['toy', false],
  ]);
});

import { afterAll, beforeAll, vi } from 'vitest';
import { type CriNode, startCri } from './cri.ts';
import { allSpecs } from './specs/all.ts';
import { testSpecs } from './specs/spec.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri('kata-template');
});
afterAll(() => {
  cri.node.stop();
});

testSpecs(allSpecs, () => cri);

import { afterAll, beforeAll } from 'vitest';
import { type CriNode, startCri } from './cri.ts';
import { images } from './specs/images.ts';
import { testSpecs } from './specs/spec.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

testSpecs(images, () => cri);

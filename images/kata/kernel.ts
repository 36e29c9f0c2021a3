import path from 'node:path';
import { kernelStep } from '../kernel/linux.ts';

/** The kernel of a Kata pod's machine. */
export const kataKernel = kernelStep({
  name: 'kata-kernel',
  title: "Kata pod's kernel",
  fragment: path.join(import.meta.dirname, 'kata.config'),
  files: 1000,
  revision: '1',
});

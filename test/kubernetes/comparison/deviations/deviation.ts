import type { Said } from '../twins.ts';

/** A command line that ours answers in its own way, and on purpose. */
export interface Deviation {
  line: string;
  why: string;
  /** What ours says; SERVER stands for where its server is. */
  ours: Said;
}

import path from 'node:path';
import { kernelStep } from './linux.ts';

/** The node's kernel. */
export const kernel = kernelStep({
  name: 'kernel',
  title: 'Node kernel',
  fragment: path.join(import.meta.dirname, 'node.config'),
  files: 1700,
  revision: '430734ae477cdaf570258027ad34f510759a821ea78468bdef5495f40adef4b2',
});

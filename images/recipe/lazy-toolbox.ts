import os from 'node:os';
import type { Toolbox } from './toolbox.ts';

/** A toolbox that is chosen when the first command runs: a build with nothing to do needs none. */
export function lazyToolbox(choose: () => Promise<Toolbox>): Toolbox {
  let chosen: Promise<Toolbox> | undefined;
  const toolbox = () => (chosen ??= choose());
  return {
    processors: os.availableParallelism(),
    run: async (...args) => (await toolbox()).run(...args),
    ensure: async (...args) => (await toolbox()).ensure(...args),
    scratch: async (...args) => (await toolbox()).scratch(...args),
    close: async () => (await chosen?.catch(() => undefined))?.close(),
  };
}

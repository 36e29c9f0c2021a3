import type { App } from '#cli/urfave/command.ts';
import { psCommand } from './containers/ps.ts';
import type { CrictlContext } from './context.ts';
import { type GlobalFlags, globalFlags } from './global-flags.ts';

export const app: App<CrictlContext, GlobalFlags> = {
  name: 'crictl',
  usage: 'client for CRI',
  version: '1.36.0',
  globals: globalFlags,
  commands: [psCommand],
};

import { command, type Command, type CommandFacts } from '#cli/command/command.ts';
import type { Flags } from '#cli/command/flags.ts';
import type { KubectlContext } from './context.ts';

export type KubectlCommand = Command<KubectlContext>;

/** A command of kubectl. */
// The type parameter without members stands for a command that has no options.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export function kubectlCommand<F extends Flags = {}>(
  facts: CommandFacts<KubectlContext, F>,
): KubectlCommand {
  return command(facts);
}

import { type Call, type Command, type CommandFacts, command } from '#cli/urfave/command.ts';
import type { Flags } from '#cli/urfave/flags.ts';
import type { CrictlContext } from './context.ts';

export type CrictlCommand = Command<CrictlContext>;

export type CrictlCall<F extends Flags = Flags> = Call<CrictlContext, F>;

/** A command of crictl. */
// The type parameter without members stands for a command that has no options.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export function crictlCommand<F extends Flags = {}>(
  facts: CommandFacts<CrictlContext, F>,
): CrictlCommand {
  return command(facts);
}

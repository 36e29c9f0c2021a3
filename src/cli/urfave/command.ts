import type { Flags, Values } from './flags.ts';

/** A call of a command: its options and arguments read. */
export interface Call<C, F extends Flags = Flags> {
  context: C;
  flags: Values<F>;
  /** Whether an option was given. */
  isGiven: (name: keyof F & string) => boolean;
  args: readonly string[];
  /** Prints the command's help. */
  showHelp: () => Promise<void>;
}

/** A command as urfave/cli has them. */
export interface Command<C> {
  name: string;
  aliases: readonly string[];
  usage: string;
  /** In the place of the line that help makes of name and options. */
  usageText: string;
  argsUsage: string;
  description: string;
  flags: Flags;
  /** Whether `-it` stands for `-i -t`. */
  shortOptions: boolean;
  subcommands: readonly Command<C>[];
  run: (call: Call<C>) => Promise<void>;
}

export interface CommandFacts<C, F extends Flags> {
  name: string;
  usage: string;
  aliases?: readonly string[];
  usageText?: string;
  argsUsage?: string;
  description?: string;
  flags?: F;
  shortOptions?: boolean;
  subcommands?: readonly Command<C>[];
  run: (call: Call<C, F>) => Promise<void>;
}

// The type parameter without members stands for a command that has no options.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export function command<C, F extends Flags = {}>(facts: CommandFacts<C, F>): Command<C> {
  return {
    aliases: [],
    usageText: '',
    argsUsage: '',
    description: '',
    flags: {},
    shortOptions: false,
    subcommands: [],
    ...facts,
    // Its own flags are what it is called with: see `App.run`.
    run: facts.run as (call: Call<C>) => Promise<void>,
  };
}

/** A program and the options that stand before its commands. */
export interface App<C, G extends Flags> {
  name: string;
  usage: string;
  version: string;
  globals: G;
  commands: readonly Command<C>[];
}

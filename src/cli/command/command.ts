import type { Flags, Values } from './flags.ts';

/** A call of a command: its options and arguments read. */
export interface Call<C, F extends Flags = Flags> {
  context: C;
  flags: Values<F>;
  /** Whether an option was given. */
  isGiven: (name: keyof F & string) => boolean;
  args: string[];
  /** How many arguments came before `--`; -1 without it. */
  dashAt: number;
  /** `kubectl create configmap` */
  path: string;
  /** Prints the command's help. */
  help: () => string;
}

/** What completes a word that is being typed; `flag` if it is an option's value. */
export interface CompletionRequest<C> {
  context: C;
  args: string[];
  word: string;
  values: Readonly<Record<string, unknown>>;
}

export interface Command<C> {
  name: string;
  aliases: readonly string[];
  /** After the path, such as `TYPE NAME [options]`. */
  use: string;
  short: string;
  long: string;
  /** A line of comment and the command line. */
  examples: readonly (readonly [string, string])[];
  flags: Flags;
  /** Words that somebody may type who means this. */
  suggestFor: readonly string[];
  hidden: boolean;
  /** Takes every word as an argument, options too. */
  anyArguments: boolean;
  subcommands: readonly Command<C>[];
  run: ((call: Call<C>) => Promise<void>) | undefined;
  complete: ((request: CompletionRequest<C>) => Promise<readonly string[]>) | undefined;
}

export interface CommandFacts<C, F extends Flags> {
  name: string;
  short: string;
  use?: string;
  aliases?: readonly string[];
  long?: string;
  examples?: readonly (readonly [string, string])[];
  flags?: F;
  suggestFor?: readonly string[];
  hidden?: boolean;
  anyArguments?: boolean;
  subcommands?: readonly Command<C>[];
  run?: (call: Call<C, F>) => Promise<void>;
  complete?: (request: CompletionRequest<C>) => Promise<readonly string[]>;
}

// The type parameter without members stands for a command that has no options.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export function command<C, F extends Flags = {}>(facts: CommandFacts<C, F>): Command<C> {
  const { run, complete } = facts;
  return {
    aliases: [],
    use: '',
    long: '',
    examples: [],
    flags: {},
    suggestFor: [],
    hidden: false,
    anyArguments: false,
    subcommands: [],
    ...facts,
    // Its own flags are what it is called with: see `execute`.
    run: run as ((call: Call<C>) => Promise<void>) | undefined,
    complete,
  };
}

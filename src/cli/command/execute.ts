import { quote } from '#kube/go-text.ts';
import { asSandglassError } from '#base/errors.ts';
import type { Call, Command } from './command.ts';
import { ExitError, failure, usageError } from './errors.ts';
import { findCommand, suggestions } from './find-command.ts';
import type { Flags, Values } from './flags.ts';
import { helpText, type HelpSettings } from './help.ts';
import { parseFlags, type ParsedFlags } from './parse-flags.ts';

export interface Program<C, G extends Flags> {
  root: Command<C>;
  /** Options that every command takes. */
  globals: G;
  help: HelpSettings;
}

export interface Execution<C, G extends Flags> {
  words: readonly string[];
  context: (globals: Values<G>, isGiven: (name: keyof G & string) => boolean) => C;
  print: (text: string) => Promise<void>;
  /** On the error output. */
  printError: (text: string) => Promise<void>;
}

/** Finds the command that is meant, reads its options and runs it (cobra, Command.ExecuteC). */
export async function execute<C, G extends Flags>(
  { root, globals, help }: Program<C, G>,
  { words: typed, context, print, printError }: Execution<C, G>,
): Promise<void> {
  const { chain, words: rest } = findCommand(root, globals, typed);
  const current = chain.at(-1) ?? root;
  const path = chain.map(({ name }) => name).join(' ');
  const flags = { ...globals, ...current.flags };
  const asksHelp = rest[0] === '--help' || rest[0] === '-h';
  const words = current.anyArguments && !asksHelp ? ['--', ...rest] : rest;
  const parsed = parse(flags, words, path);
  const helpOf = () => helpText(chain, help);
  if (parsed.help) {
    await print(helpOf());
    return;
  }
  if (current === root && parsed.args.length > 0) throw unknownCommand(root, parsed.args[0] ?? '');
  if (!current.run) {
    await withoutRun(chain, parsed, { path, print: chain.length > 1 ? printError : print, helpOf });
    return;
  }
  const isGiven = (name: string) => parsed.changed.has(name);
  const call: Call<C> = {
    context: context(parsed.values as Values<G>, isGiven),
    flags: parsed.values,
    isGiven,
    args: parsed.args,
    dashAt: parsed.dashAt,
    path,
    help: helpOf,
  };
  await current.run(call);
}

function parse(flags: Flags, words: readonly string[], path: string): ParsedFlags {
  try {
    return parseFlags(flags, words, { interspersed: true });
  } catch (error) {
    // kubectl, pkg/util/templates/templater.go, FlagErrorFunc
    throw failure(`${asSandglassError(error).message}\nSee '${path} --help' for usage.`);
  }
}

/** A command that only groups others: its help among the errors, and a failure (helpers.go, DefaultSubCommandRun). */
async function withoutRun<C>(
  chain: readonly Command<C>[],
  { args }: ParsedFlags,
  {
    path,
    print,
    helpOf,
  }: { path: string; print: (text: string) => Promise<void>; helpOf: () => string },
): Promise<void> {
  if (args.length > 0) throw usageError(path, `unknown command ${quote(args.join(' '))}`);
  await print(helpOf());
  if (chain.length > 1) throw new ExitError(1);
}

function unknownCommand<C>(root: Command<C>, name: string): Error {
  const similar = suggestions(root, name);
  const hint =
    similar.length === 0
      ? ''
      : `\n\nDid you mean this?\n${similar.map((one) => `\t${one}\n`).join('')}`;
  return failure(`unknown command ${quote(name)} for ${quote(root.name)}${hint}`);
}

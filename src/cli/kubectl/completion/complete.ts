import type { Program as CommandProgram } from '#cli/command/execute.ts';
import { findCommand } from '#cli/command/find-command.ts';
import type { Flags, Values } from '#cli/command/flags.ts';
import { parseFlags } from '#cli/command/parse-flags.ts';
import type { Command } from '#cli/command/command.ts';
import type { Invocation } from '#cli/ports.ts';
import { KubectlContext, type KubectlSettings } from '#cli/kubectl/context.ts';
import type { GlobalFlags } from '#cli/kubectl/global-flags.ts';
import { getFormats } from '#cli/kubectl/printing/print-flags.ts';
import { objectNames } from './complete-objects.ts';

/** cobra's ShellCompDirectives: 4 is no files, 0 lets the shell complete files. */
const noFiles = 4;

/** Candidates for the last word, one a line, then the directive (cobra's `__complete`). */
export async function complete(
  program: CommandProgram<KubectlContext, GlobalFlags>,
  invocation: Invocation,
  settings: KubectlSettings,
  words: readonly string[],
): Promise<string> {
  const word = words.at(-1) ?? '';
  const { root, globals } = program;
  const { chain, words: rest } = findCommand(root, globals, words.slice(0, -1));
  const current = chain.at(-1) ?? root;
  const flags: Flags = { ...globals, ...current.flags };
  const parsed = lenient(flags, rest);
  const context = new KubectlContext(invocation, settings, parsed.values as Values<GlobalFlags>);
  const request = { context, args: parsed.args, word, values: parsed.values };
  const { candidates, directive } = await candidatesFor(current, flags, rest, request);
  const matching = candidates.filter((one) => one.startsWith(word));
  return [...matching, `:${directive}`].map((line) => `${line}\n`).join('');
}

interface Candidates {
  candidates: readonly string[];
  directive: number;
}

type Request = Parameters<NonNullable<Command<KubectlContext>['complete']>>[0];

async function candidatesFor(
  current: Command<KubectlContext>,
  flags: Flags,
  rest: readonly string[],
  request: Request,
): Promise<Candidates> {
  const pending = pendingFlag(flags, rest);
  if (pending !== undefined) return flagValues(pending, request);
  if (request.word.startsWith('-')) {
    const names = Object.entries(flags).filter(([, { hidden }]) => !hidden);
    return { candidates: names.map(([name]) => `--${name}`), directive: noFiles };
  }
  const visible = current.subcommands.filter(({ hidden }) => !hidden);
  const names = request.args.length === 0 ? visible.map(({ name }) => name) : [];
  const own = (await current.complete?.(request)) ?? [];
  const candidates = [...new Set([...names, ...own])].sort();
  return { candidates, directive: candidates.length > 0 || current.complete ? noFiles : 0 };
}

/** The option whose value is being typed. */
function pendingFlag(flags: Flags, rest: readonly string[]): string | undefined {
  const last = rest.at(-1) ?? '';
  if (!last.startsWith('-') || last.includes('=')) return undefined;
  const found = Object.entries(flags).find(([name, { shorthand, implied }]) => {
    const isMeant = last === `--${name}` || (shorthand !== undefined && last === `-${shorthand}`);
    return isMeant && implied === undefined;
  });
  return found?.[0];
}

async function flagValues(flag: string, request: Request): Promise<Candidates> {
  switch (flag) {
    case 'namespace':
      return { candidates: await objectNames(request, 'namespaces'), directive: noFiles };
    case 'output':
      return { candidates: getFormats, directive: noFiles };
    case 'filename':
      return { candidates: [], directive: 0 };
    default:
      return { candidates: [], directive: noFiles };
  }
}

/** What is typed so far may not be complete. */
function lenient(flags: Flags, words: readonly string[]): ReturnType<typeof parseFlags> {
  for (let length = words.length; length > 0; length--) {
    try {
      return parseFlags(flags, words.slice(0, length), { interspersed: true });
    } catch {
      // The last word is an option without its value.
    }
  }
  return parseFlags(flags, [], { interspersed: true });
}

import type { Command } from './command.ts';
import type { Flags } from './flags.ts';

export interface Found<C> {
  /** From the root to the command itself. */
  chain: readonly Command<C>[];
  /** What is left of the command line for it. */
  words: string[];
}

/** Follows the names on a command line, options between them left where they are (cobra, Command.Find). */
export function findCommand<C>(
  root: Command<C>,
  globals: Flags,
  words: readonly string[],
): Found<C> {
  const chain = [root];
  let rest = [...words];
  for (;;) {
    const current = chain.at(-1) ?? root;
    const at = firstArgument(rest, { ...current.flags, ...globals });
    const name = at === undefined ? undefined : rest[at];
    const next = current.subcommands.find(
      (one) => one.name === name || (name !== undefined && one.aliases.includes(name)),
    );
    if (!next || at === undefined) return { chain, words: rest };
    rest = rest.filter((_, index) => index !== at);
    chain.push(next);
  }
}

/** Where the first word is that is neither an option nor an option's value. */
function firstArgument(words: readonly string[], flags: Flags): number | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return undefined;
    if (!word.startsWith('-') || word === '-') return at;
    if (takesNextWord(word, flags)) at++;
  }
  return undefined;
}

function takesNextWord(word: string, flags: Flags): boolean {
  if (word.includes('=')) return false;
  if (word.startsWith('--')) {
    const flag = flags[word.slice(2)];
    return flag !== undefined && flag.implied === undefined;
  }
  if (word.length !== 2) return false;
  const flag = Object.values(flags).find(({ shorthand }) => shorthand === word[1]);
  return flag !== undefined && flag.implied === undefined;
}

/** Two and fewer changes apart, or the beginning of the name (cobra, SuggestionsFor). */
export function suggestions<C>(parent: Command<C>, typed: string): string[] {
  return parent.subcommands
    .filter(
      ({ name, hidden, suggestFor }) =>
        !hidden &&
        (distance(typed.toLowerCase(), name.toLowerCase()) <= 2 ||
          name.toLowerCase().startsWith(typed.toLowerCase()) ||
          suggestFor.some((word) => word.toLowerCase() === typed.toLowerCase())),
    )
    .map(({ name }) => name);
}

/** Levenshtein's. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

import { SandglassError, asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { Flag, Flags } from './flags.ts';

export interface ParsedFlags {
  values: Record<string, unknown>;
  /** Names of those that were given. */
  changed: Set<string>;
  args: string[];
  /** How many arguments came before `--`; -1 without it. */
  dashAt: number;
  /** Whether help was asked for. */
  help: boolean;
}

export interface ParseOptions {
  /** Whether options may follow arguments. */
  interspersed: boolean;
}

/** Reads a command line as Go's pflag does; throws `invalid-argument` in its words. */
export function parseFlags(
  flags: Flags,
  words: readonly string[],
  { interspersed }: ParseOptions,
): ParsedFlags {
  const parser = new Parser(flags, words);
  parser.parse(interspersed);
  return parser.result;
}

class Parser {
  readonly result: ParsedFlags;
  readonly #flags: Flags;
  readonly #words: string[];

  constructor(flags: Flags, words: readonly string[]) {
    this.#flags = flags;
    this.#words = [...words];
    const values = Object.fromEntries(
      Object.entries(flags).map(([name, { initial }]) => [name, initial]),
    );
    this.result = { values, changed: new Set(), args: [], dashAt: -1, help: false };
  }

  parse(interspersed: boolean): void {
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === '--') {
        this.result.dashAt = this.result.args.length;
        this.result.args.push(...this.#words);
        return;
      }
      if (word.startsWith('--')) this.#long(word);
      else if (word.startsWith('-') && word !== '-') this.#shorthands(word);
      else if (interspersed) this.result.args.push(word);
      else {
        this.result.args.push(word, ...this.#words);
        return;
      }
    }
  }

  #long(word: string): void {
    const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === '' || name.startsWith('-')) throw wrong(`bad flag syntax: ${word}`);
    // Words may be joined by underscores too (component-base, cli/flag, WordSepNormalizeFunc).
    const key = name.replaceAll('_', '-');
    const flag = this.#flags[key];
    if (!flag) {
      if (key === 'help') {
        this.result.help = true;
        return;
      }
      throw wrong(`unknown flag: --${name}`);
    }
    if (value !== undefined) this.#set(key, flag, value);
    else if (flag.implied !== undefined) this.#set(key, flag, flag.implied);
    else {
      const next = this.#words.shift();
      if (next === undefined) throw wrong(`flag needs an argument: --${name}`);
      this.#set(key, flag, next);
    }
  }

  #shorthands(word: string): void {
    for (let rest = word.slice(1); rest !== '';) {
      const letter = rest[0] ?? '';
      const [name, flag] = this.#byShorthand(letter) ?? [];
      if (name === undefined || flag === undefined) {
        if (letter === 'h') {
          this.result.help = true;
          return;
        }
        throw wrong(`unknown shorthand flag: '${letter}' in -${rest}`);
      }
      if (rest.length > 2 && rest[1] === '=') {
        this.#set(name, flag, rest.slice(2));
        return;
      }
      if (flag.implied !== undefined) {
        this.#set(name, flag, flag.implied);
        rest = rest.slice(1);
        continue;
      }
      const value = rest.length > 1 ? rest.slice(1) : this.#words.shift();
      if (value === undefined) throw wrong(`flag needs an argument: '${letter}' in -${rest}`);
      this.#set(name, flag, value);
      return;
    }
  }

  #byShorthand(letter: string): [string, Flag<unknown>] | undefined {
    return Object.entries(this.#flags).find(([, { shorthand }]) => shorthand === letter);
  }

  #set(name: string, flag: Flag<unknown>, text: string): void {
    const { values, changed } = this.result;
    try {
      values[name] = flag.parse(text, values[name], !changed.has(name));
    } catch (error) {
      const full = flag.shorthand === undefined ? `--${name}` : `-${flag.shorthand}, --${name}`;
      const why = asSandglassError(error).message;
      throw wrong(`invalid argument ${quote(text)} for ${quote(full)} flag: ${why}`);
    }
    changed.add(name);
  }
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

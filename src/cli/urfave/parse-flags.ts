import { SandglassError, asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { type Flag, type Flags, initialValues, namesOf } from './flags.ts';

export interface ParsedFlags {
  values: Record<string, unknown>;
  /** Names of those that were given, on the command line or by the environment. */
  given: ReadonlySet<string>;
  /** What follows the options, which end at the first word that is none. */
  args: string[];
}

export interface ParseOptions {
  env: Readonly<Record<string, string>>;
  /** Whether `-it` stands for `-i -t`. */
  shortOptions: boolean;
}

/** Reads options as Go's flag package does; throws `invalid-argument` in its words. */
export function parseFlags(
  flags: Flags,
  words: readonly string[],
  { env, shortOptions }: ParseOptions,
): ParsedFlags {
  const parser = new Parser(flags, words, shortOptions);
  const initial = initialValues(flags, env);
  return parser.parse(initial.values, initial.given);
}

class Parser {
  readonly #byName = new Map<string, { name: string; flag: Flag<unknown> }>();
  readonly #words: string[];
  readonly #shortOptions: boolean;
  /** By option the name that it was given by. */
  readonly #givenBy = new Map<string, string>();

  constructor(flags: Flags, words: readonly string[], shortOptions: boolean) {
    this.#words = [...words];
    this.#shortOptions = shortOptions;
    for (const [name, flag] of Object.entries(flags)) {
      for (const one of namesOf(name, flag)) this.#byName.set(one, { name, flag });
    }
  }

  parse(values: Record<string, unknown>, fromEnvironment: readonly string[]): ParsedFlags {
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === '--') break;
      if (!word.startsWith('-') || word === '-') {
        this.#words.unshift(word);
        break;
      }
      this.#option(word, values);
    }
    return {
      values,
      given: new Set([...fromEnvironment, ...this.#givenBy.keys()]),
      args: this.#words,
    };
  }

  #option(word: string, values: Record<string, unknown>): void {
    const [, dashes = '', typed = '', text] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (typed === '' || typed.startsWith('-')) throw wrong(`bad flag syntax: ${word}`);
    const found = this.#byName.get(typed);
    if (!found) {
      if (dashes === '-' && text === undefined && this.#split(typed)) return;
      throw wrong(`flag provided but not defined: -${typed}`);
    }
    this.#set(found, typed, text, values);
  }

  #set(
    { name, flag }: { name: string; flag: Flag<unknown> },
    typed: string,
    text: string | undefined,
    values: Record<string, unknown>,
  ): void {
    const value = text ?? (flag.kind === 'bool' ? 'true' : this.#words.shift());
    if (value === undefined) throw wrong(`flag needs an argument: -${typed}`);
    const earlier = this.#givenBy.get(name);
    try {
      values[name] = flag.parse(value, values[name], earlier === undefined);
    } catch (error) {
      const what =
        flag.kind === 'bool'
          ? `boolean value ${quote(value)} for`
          : `value ${quote(value)} for flag`;
      throw wrong(`invalid ${what} -${typed}: ${asSandglassError(error).message}`);
    }
    if (earlier !== undefined && earlier !== typed) {
      // urfave/cli, flag.go, normalizeFlags
      const names = namesOf(name, flag);
      const [first, second] = [earlier, typed].sort(
        (one, other) => names.indexOf(one) - names.indexOf(other),
      );
      throw wrong(`Cannot use two forms of the same flag: ${second ?? ''} ${first ?? ''}`);
    }
    this.#givenBy.set(name, typed);
  }

  /** Puts `-i` and `-t` in the place of `-it`, if there are such (urfave/cli, parse.go, splitShortOptions). */
  #split(letters: string): boolean {
    const options = Array.from(letters);
    if (!this.#shortOptions || options.length < 2) return false;
    if (!options.every((letter) => this.#byName.has(letter))) return false;
    this.#words.unshift(...options.map((letter) => `-${letter}`));
    return true;
  }
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

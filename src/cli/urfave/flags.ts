import { SandglassError, asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { formatDuration, parseDuration } from '#kube/go-duration.ts';

/** An option of a command; what it may be given follows Go's flag package, as urfave/cli uses it. */
export interface Flag<T> {
  readonly usage: string;
  readonly initial: T;
  /** Other names of it, of any length. */
  readonly aliases: readonly string[];
  /** Variables that it is taken from if it is not given. */
  readonly environment: readonly string[];
  /** `bool` needs no value, `list` may be repeated. */
  readonly kind: 'bool' | 'list' | 'value';
  /** Whether its value is a file's path. */
  readonly isFile: boolean;
  /** What help shows as its default; empty for none. */
  readonly defaultText: string;
  /** Throws `invalid-argument` with why it is none. */
  parse(text: string, before: T, isFirst: boolean): T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

interface Facts<T> {
  initial?: T;
  aliases?: readonly string[];
  environment?: readonly string[];
  isFile?: boolean;
}

function define<T>(
  usage: string,
  facts: Required<Pick<Facts<T>, 'initial'>> & Facts<T>,
  rest: Pick<Flag<T>, 'kind' | 'defaultText' | 'parse'>,
): Flag<T> {
  const { initial, aliases = [], environment = [], isFile = false } = facts;
  return { usage, initial, aliases, environment, isFile, ...rest };
}

export function bool(usage: string, facts: Facts<boolean> = {}): Flag<boolean> {
  return define(
    usage,
    { initial: false, ...facts },
    { kind: 'bool', defaultText: 'false', parse: parseBool },
  );
}

/** A `bool` that help shows no default of. */
export function action(usage: string, facts: Facts<boolean> = {}): Flag<boolean> {
  return { ...bool(usage, facts), defaultText: '' };
}

export function string(usage: string, facts: Facts<string> = {}): Flag<string> {
  const { initial = '' } = facts;
  const defaultText = initial === '' ? '' : quote(initial);
  return define<string>(
    usage,
    { initial, ...facts },
    { kind: 'value', defaultText, parse: (text) => text },
  );
}

export function int(usage: string, facts: Facts<number> = {}): Flag<number> {
  const { initial = 0 } = facts;
  return define(
    usage,
    { initial, ...facts },
    { kind: 'value', defaultText: String(initial), parse: parseInteger },
  );
}

/** In milliseconds. */
export function duration(usage: string, facts: Facts<number> = {}): Flag<number> {
  const { initial = 0 } = facts;
  return define(
    usage,
    { initial, ...facts },
    { kind: 'value', defaultText: formatDuration(initial), parse: parsed(parseDuration) },
  );
}

/** May be repeated; each value is a list with commas. */
export function list(usage: string, facts: Facts<readonly string[]> = {}): Flag<readonly string[]> {
  const parse = (text: string, before: readonly string[], isFirst: boolean) => {
    const values = text.split(',').map((value) => value.trim());
    return isFirst ? values : [...before, ...values];
  };
  return define<readonly string[]>(
    usage,
    { initial: [], ...facts },
    { kind: 'list', defaultText: '', parse },
  );
}

function parseBool(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw parseError();
}

/** Go's notation, with a prefix for other bases and underscores between digits. */
function parseInteger(text: string): number {
  const [, sign = '', body = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  const digits = body.replace(/^(0[xXoObB]?)_?(?=.)/, '$1').replaceAll(/(?<=\w)_(?=\w)/g, '');
  if (!/^(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.test(digits)) throw parseError();
  const value = BigInt(digits.replace(/^0(?=\d)/, '0o'));
  if (value >= 1n << 63n) throw wrong('value out of range');
  return Number(sign === '-' ? -value : value);
}

function parsed<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new SandglassError('invalid-argument', 'parse error', { cause: error });
    }
  };
}

/** flag.go, errParse */
function parseError(): SandglassError {
  return wrong('parse error');
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

/** All names of an option, its own first. */
export function namesOf(name: string, { aliases }: Flag<unknown>): readonly string[] {
  return [name, ...aliases];
}

/** The values that hold where no option is given: those of the environment, and else the initial ones. */
export function initialValues(
  flags: Flags,
  env: Readonly<Record<string, string>>,
): { values: Record<string, unknown>; given: string[] } {
  const given: string[] = [];
  const entries = Object.entries(flags).map(([name, flag]) => {
    const variable = flag.environment.find((one) => env[one] !== undefined);
    const text = variable === undefined ? undefined : env[variable];
    if (variable === undefined || text === undefined || text === '') return [name, flag.initial];
    given.push(name);
    try {
      return [name, flag.parse(text, flag.initial, true)];
    } catch (error) {
      throw wrong(
        `could not parse ${quote(text)} as value from environment variable ${quote(variable)} for flag ${name}: ${asSandglassError(error).message}`,
      );
    }
  });
  return { values: Object.fromEntries(entries) as Record<string, unknown>, given };
}

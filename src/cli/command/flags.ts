import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { formatDuration, parseDuration } from '#kube/go-duration.ts';

/** An option of a command; what it may be given follows Go's pflag. */
export interface Flag<T> {
  readonly usage: string;
  readonly initial: T;
  readonly shorthand: string | undefined;
  /** What it counts as when no value is given; it then takes one after `=` only. */
  readonly implied: string | undefined;
  readonly hidden: boolean;
  /** Whether help writes its default in quotes. */
  readonly isText: boolean;
  /** Throws `invalid-argument` with why it is none. `before` is what the flag has got already. */
  parse(text: string, before: T, isFirst: boolean): T;
  /** As help shows the default. */
  show(value: T): string;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

interface Facts<T> {
  initial?: T;
  short?: string;
  implied?: string;
  hidden?: boolean;
}

function define<T>(
  usage: string,
  initial: T,
  facts: Facts<T>,
  parse: Flag<T>['parse'],
  show: (value: T) => string,
  isText = false,
): Flag<T> {
  const { short, implied, hidden = false } = facts;
  return {
    usage,
    initial: facts.initial ?? initial,
    shorthand: short,
    implied,
    hidden,
    isText,
    parse,
    show,
  };
}

export function parseBool(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw wrong(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

export function bool(usage: string, facts: Facts<boolean> = {}): Flag<boolean> {
  return define(usage, false, { implied: 'true', ...facts }, parseBool, String);
}

export function string(usage: string, facts: Facts<string> = {}): Flag<string> {
  return define<string>(usage, '', facts, (text) => text, String, true);
}

export function int(usage: string, facts: Facts<number> = {}): Flag<number> {
  const parse = (text: string) => {
    if (!/^[-+]?(0[xX][\da-fA-F]+|\d+)$/.test(text)) {
      throw wrong(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
    }
    return Number(text);
  };
  return define(usage, 0, facts, parse, String);
}

/** In milliseconds. */
export function duration(usage: string, facts: Facts<number> = {}): Flag<number> {
  return define(usage, 0, facts, parseDuration, formatDuration);
}

const showList = (values: readonly string[]) => `[${values.join(',')}]`;

/** May be repeated; each value is a list with commas. */
export function list(usage: string, facts: Facts<readonly string[]> = {}): Flag<readonly string[]> {
  const parse = (text: string, before: readonly string[], isFirst: boolean) => {
    const values = text === '' ? [] : splitCommas(text);
    return isFirst ? values : [...before, ...values];
  };
  return define<readonly string[]>(usage, [], facts, parse, showList);
}

/** May be repeated; each value is taken as it is. */
export function texts(
  usage: string,
  facts: Facts<readonly string[]> = {},
): Flag<readonly string[]> {
  const parse = (text: string, before: readonly string[], isFirst: boolean) =>
    isFirst ? [text] : [...before, text];
  return define<readonly string[]>(usage, [], facts, parse, showList);
}

/** One record of CSV, where a quoted field may hold commas. */
function splitCommas(text: string): string[] {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(?=,|$)/.exec(rest);
    const plain = quoted ? undefined : (/^[^,]*/.exec(rest)?.[0] ?? '');
    fields.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : (plain ?? ''));
    const length = quoted ? quoted[0].length : (plain ?? '').length;
    if (length >= rest.length) return fields;
    rest = rest.slice(length + 1);
  }
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

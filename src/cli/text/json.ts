export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Orders texts as Go does: by their bytes in UTF-8, which is by code point. */
export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  const [a, b] = [Array.from(one), Array.from(other)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The object without some of its members. */
export function without<T extends object>(object: T, ...keys: (keyof T)[]): Partial<T> {
  const kept = Object.entries(object).filter(([key]) => !keys.includes(key as keyof T));
  return Object.fromEntries(kept) as Partial<T>;
}

/** The entries that JSON would hold, by key. */
export function sortedEntries(object: object): [string, unknown][] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => compareText(one, other));
}

export interface JsonStyle {
  /** Of each level; all on one line without. */
  indent?: string;
  /** Keys in the order in which they were set. */
  unsorted?: boolean;
  /** Without the escapes that make it safe within HTML. */
  plain?: boolean;
}

/** JSON as Go's encoding/json writes it: keys in order, and `<`, `>` and `&` escaped. */
export function formatJson(value: unknown, style: JsonStyle = {}): string {
  return print(value, style, '\n');
}

/** As kubectl prints objects (cli-runtime, pkg/printers/json.go). */
export function printedJson(value: unknown, style: Omit<JsonStyle, 'indent'> = {}): string {
  return `${formatJson(value, { ...style, indent: '    ' })}\n`;
}

function print(value: unknown, style: JsonStyle, newline: string): string {
  if (Array.isArray(value)) {
    return enclose(
      '[',
      value.map((item) => print(item, style, newline + (style.indent ?? ''))),
      ']',
      style,
      newline,
    );
  }
  const quoted = style.plain ? JSON.stringify : quoteJson;
  if (typeof value === 'string') return quoted(value);
  if (!isObject(value)) return printScalar(value);
  const colon = style.indent === undefined ? ':' : ': ';
  const entries = style.unsorted
    ? Object.entries(value).filter(([, one]) => one !== undefined)
    : sortedEntries(value);
  const members = entries.map(
    ([key, one]) => `${quoted(key)}${colon}${print(one, style, newline + (style.indent ?? ''))}`,
  );
  return enclose('{', members, '}', style, newline);
}

function enclose(
  open: string,
  parts: readonly string[],
  close: string,
  { indent }: JsonStyle,
  newline: string,
): string {
  if (parts.length === 0) return open + close;
  if (indent === undefined) return open + parts.join(',') + close;
  const inner = newline + indent;
  return open + inner + parts.join(`,${inner}`) + newline + close;
}

function printScalar(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  return value === undefined ? 'null' : JSON.stringify(value);
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

function quoteJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => escapes[character] ?? character,
  );
}

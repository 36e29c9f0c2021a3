import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { isObject } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

function wrong(name: string, why: string): SandglassError {
  return new SandglassError('invalid-argument', `error calling ${name}: ${why}`);
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw wrong('len', `len of type ${typeof value}`);
}

/** `undefined` for what is not there. */
function step(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? (value[key] as unknown) : undefined;
  return isObject(value) && typeof key === 'string' ? value[key] : undefined;
}

function index(value: unknown, ...keys: unknown[]): unknown {
  return keys.reduce((current, key) => {
    if (Array.isArray(current)) {
      if (typeof key !== 'number' || key < 0 || key >= current.length) {
        throw wrong('index', `index out of range: ${goText(key)}`);
      }
    } else if (!isObject(current)) {
      throw wrong('index', 'index of untyped nil');
    }
    return step(current, key);
  }, value);
}

function compare(name: string, one: unknown, other: unknown): number {
  const comparable = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  if (!comparable(one) || typeof one !== typeof other) {
    throw wrong(name, 'incompatible types for comparison');
  }
  const [a, b] = [one, other as string | number];
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== typeof other && one !== null && other !== null) {
    throw wrong('eq', 'incompatible types for comparison');
  }
  return one === other;
}

/** Operands that are not texts get spaces between them. */
function sprint(values: readonly unknown[]): string {
  return values.reduce<string>((text, value, at) => {
    const isPlain = at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string';
    return `${text}${isPlain ? ' ' : ''}${goText(value)}`;
  }, '');
}

/** The verbs that templates use. */
export function sprintf(format: string, values: readonly unknown[]): string {
  let at = 0;
  const text = format.replaceAll(
    /%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g,
    (whole, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (at >= values.length) return `%!${verb}(MISSING)`;
      const shown = verbText(verb, values[at++], precision);
      if (shown === undefined) return whole;
      if (flags.includes('-')) return shown.padEnd(Number(width));
      return shown.padStart(Number(width), flags.includes('0') ? '0' : ' ');
    },
  );
  const extra = values.slice(at).map((value) => goText(value));
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

function verbText(verb: string, value: unknown, precision: string | undefined): string | undefined {
  switch (verb) {
    case 's':
    case 'v':
    case 't':
      return precision === undefined ? goText(value) : goText(value).slice(0, Number(precision));
    case 'q':
      return quote(goText(value));
    case 'd':
      return goText(value);
    case 'f':
      return Number(value).toFixed(Number(precision ?? 6));
    case 'x':
      return typeof value === 'number' ? value.toString(16) : undefined;
    default:
      return undefined;
  }
}

function decodeBase64(value: unknown): string {
  try {
    const bytes = Uint8Array.from(atob(goText(value)), (one) => one.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch (error) {
    throw wrong('base64decode', `base64 decode failed: ${String(error)}`);
  }
}

export type TemplateFunction = (...values: unknown[]) => unknown;

/** Go's own and kubectl's two (cli-runtime, pkg/printers/template.go); `and` and `or` stop early, see the template itself. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  not: (value) => !isTrue(value),
  len: lengthOf,
  index,
  print: (...values) => sprint(values),
  println: (...values) => `${values.map(goText).join(' ')}\n`,
  printf: (format, ...values) => sprintf(goText(format), values),
  html: (...values) => escapeHtml(sprint(values)),
  urlquery: (...values) => encodeURIComponent(sprint(values)),
  eq: (first, ...others) => others.some((other) => isSame(first, other)),
  ne: (one, other) => !isSame(one, other),
  lt: (one, other) => compare('lt', one, other) < 0,
  le: (one, other) => compare('le', one, other) <= 0,
  gt: (one, other) => compare('gt', one, other) > 0,
  ge: (one, other) => compare('ge', one, other) >= 0,
  exists: (value, ...keys) => {
    const found = keys.reduce(step, value);
    return found !== undefined && found !== null;
  },
  base64decode: decodeBase64,
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

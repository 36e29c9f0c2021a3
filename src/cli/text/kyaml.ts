import { isObject, sortedEntries } from './json.ts';

export interface KyamlStyle {
  /** Keys in the order in which they were set. */
  unsorted?: boolean;
}

/** A document of KYAML: YAML in braces, with quotes wherever there might be doubt (sigs.k8s.io/yaml, kyaml). */
export function formatKyaml(value: unknown, style: KyamlStyle = {}): string {
  return `---\n${render(value, style, 0)}\n`;
}

const indentation = '  ';

function render(value: unknown, style: KyamlStyle, depth: number): string {
  if (Array.isArray(value)) return renderList(value, style, depth);
  if (isObject(value)) return renderMap(value, style, depth);
  if (typeof value === 'string') return quoted(value, depth + 1);
  return value === undefined ? 'null' : JSON.stringify(value);
}

function renderList(items: readonly unknown[], style: KyamlStyle, depth: number): string {
  if (items.length === 0) return '[]';
  const isCuddled = items.every((item) => typeof item === 'object' && item !== null);
  if (isCuddled) return `[${items.map((item) => render(item, style, depth)).join(', ')}]`;
  const inner = indentation.repeat(depth + 1);
  const lines = items.map((item) => `${inner}${render(item, style, depth + 1)},\n`);
  return `[\n${lines.join('')}${indentation.repeat(depth)}]`;
}

function renderMap(object: Record<string, unknown>, style: KyamlStyle, depth: number): string {
  const entries = style.unsorted
    ? Object.entries(object).filter(([, one]) => one !== undefined)
    : sortedEntries(object);
  if (entries.length === 0) return '{}';
  const inner = indentation.repeat(depth + 1);
  const lines = entries.map(
    ([key, one]) => `${inner}${keyText(key)}: ${render(one, style, depth + 1)},\n`,
  );
  return `{\n${lines.join('')}${indentation.repeat(depth)}}`;
}

function keyText(key: string): string {
  if (needsNoQuotes(key) && !isAmbiguous(key)) return key;
  const text = Array.from(key, (one) =>
    one === '\n' ? '\\n' : one === '\t' ? '\\t' : escaped(one),
  );
  return `"${text.join('')}"`;
}

/** Letters, digits and underscores; inside also dashes, dots and slashes. */
function needsNoQuotes(key: string): boolean {
  return /^[\p{L}\p{N}_](?:[\p{L}\p{N}_./-]*[\p{L}\p{N}_])?$/u.test(key);
}

/** Whether a reader of YAML might take it for null, a truth value, a number or a time. */
function isAmbiguous(key: string): boolean {
  const isWord = /^(?:null|true|false|yes|no|on|off|y|n|t|f)$/i.test(key);
  const plain = key.replaceAll('_', '');
  const isInteger = /^(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|\d+)$/.test(plain);
  const isFloat = /^(?:\d+\.?\d*(?:[eE]-?\d+)?|inf|infinity|nan)$/i.test(plain);
  const isDate = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/.test(key);
  return isWord || isInteger || isFloat || isDate;
}

/** In double quotes; each line of several stands on a line of its own, folded by a backslash. */
function quoted(text: string, depth: number): string {
  if (!text.includes('\n')) return `"${Array.from(text, escaped).join('')}"`;
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const indent = indentation.repeat(depth);
  const body = lines.map((line) => `${indent}${lineText(line)}\\n\\\n`).join('');
  const rest = last === '' ? '' : `${indent}${lineText(last)}\\\n`;
  return `"\\\n${body}${rest}${indent}"`;
}

/** White space at the beginning is kept by a backslash, for which every line leaves a column. */
function lineText(line: string): string {
  const text = Array.from(line, escaped).join('');
  return `${/^\s/.test(line) ? '\\' : ' '}${text}`;
}

const escapes: Readonly<Record<string, string>> = {
  '\t': '\t',
  '"': '\\"',
  '\\': '\\\\',
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\r': '\\r',
  '\v': '\\v',
  '\x1b': '\\e',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(character: string): string {
  const escape = escapes[character];
  if (escape !== undefined) return escape;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) return character;
  const digits = code.toString(16);
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}

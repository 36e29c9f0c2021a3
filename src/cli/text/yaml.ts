import { compareText, isObject } from './json.ts';
import { isPrintable, scalarStyle } from './yaml-scalar.ts';

/** Text is folded at the first space beyond this column (goyaml.v2, best_width). */
const bestWidth = 80;

/** YAML as kubectl prints it: keys in their natural order, lists at their key's indentation. */
export function formatYaml(value: unknown): string {
  const emitter = new Emitter();
  emitter.value(value, 0, 'root');
  return emitter.text;
}

class Emitter {
  text = '';
  #column = 0;

  /** `indent` is of what belongs to the value; the cursor stands where the value begins. */
  value(value: unknown, indent: number, place: 'root' | 'key' | 'item'): void {
    if (Array.isArray(value)) this.#list(value, indent, place);
    else if (isObject(value)) this.#map(value, indent, place);
    else this.#scalarLine(value, indent, place);
  }

  #list(items: readonly unknown[], indent: number, place: string): void {
    if (items.length === 0) {
      this.#put(`${place === 'key' ? ' ' : ''}[]`);
      this.#line();
      return;
    }
    // Below a key, the dashes stand under it.
    const at = place === 'key' ? indent - 2 : indent;
    if (place === 'key') this.#line();
    items.forEach((item, index) => {
      if (place !== 'item' || index > 0) this.#spaces(at);
      this.#put('- ');
      this.value(item, at + 2, 'item');
    });
  }

  #map(object: Record<string, unknown>, indent: number, place: string): void {
    const entries = Object.entries(object).filter(([, one]) => one !== undefined);
    if (entries.length === 0) {
      this.#put(`${place === 'key' ? ' ' : ''}{}`);
      this.#line();
      return;
    }
    if (place === 'key') this.#line();
    entries.sort(([one], [other]) => compareKeys(one, other));
    entries.forEach(([key, one], index) => {
      if (place !== 'item' || index > 0) this.#spaces(indent);
      this.#string(key, indent, true);
      this.#put(':');
      this.value(one, indent + 2, 'key');
    });
  }

  #scalarLine(value: unknown, indent: number, place: string): void {
    if (place === 'key') this.#put(' ');
    if (typeof value === 'string') {
      // A text on its own line is folded deeper than what it belongs to.
      this.#string(value, place === 'item' ? indent : Math.max(indent, 0), false);
    } else {
      this.#put(scalarText(value));
    }
    if (!this.text.endsWith('\n')) this.#line();
  }

  #string(text: string, indent: number, isKey: boolean): void {
    switch (scalarStyle(text, isKey)) {
      case 'plain':
        this.#folded(text, indent, isKey);
        break;
      case 'single':
        this.#put("'");
        this.#folded(text.replaceAll("'", "''"), indent, isKey);
        this.#put("'");
        break;
      case 'double':
        this.#doubleQuoted(text, indent, isKey);
        break;
      case 'literal':
        this.#literal(text, indent);
        break;
    }
  }

  /** Breaks a line at a single space that stands beyond the best width. */
  #folded(text: string, indent: number, isKey: boolean): void {
    const characters = Array.from(text);
    let afterSpace = false;
    characters.forEach((character, at) => {
      if (character !== ' ') {
        this.#put(character);
        afterSpace = false;
        return;
      }
      const isInside = at > 0 && at < characters.length - 1;
      const isSingle = !afterSpace && characters[at + 1] !== ' ';
      if (!isKey && isInside && isSingle && this.#column > bestWidth) this.#newLine(indent);
      else this.#put(' ');
      afterSpace = true;
    });
  }

  #doubleQuoted(text: string, indent: number, isKey: boolean): void {
    const characters = Array.from(text);
    let afterSpace = false;
    this.#put('"');
    characters.forEach((character, at) => {
      if (character !== ' ') {
        this.#put(escaped(character));
        afterSpace = false;
        return;
      }
      const isInside = at > 0 && at < characters.length - 1;
      if (!isKey && isInside && !afterSpace && this.#column > bestWidth) {
        this.#newLine(indent);
        if (characters[at + 1] === ' ') this.#put('\\');
      } else {
        this.#put(' ');
      }
      afterSpace = true;
    });
    this.#put('"');
  }

  #literal(text: string, indent: number): void {
    const indentHint = /^[ \n]/.test(text) ? '2' : '';
    const chomping = !text.endsWith('\n') ? '-' : /^\n$|\n\n$/.test(text) ? '+' : '';
    this.#put(`|${indentHint}${chomping}`);
    const body = text.endsWith('\n') ? text.slice(0, -1) : text;
    for (const line of body.split('\n')) {
      this.#line();
      if (line !== '') {
        this.#spaces(indent);
        this.#put(line);
      }
    }
    this.#line();
  }

  #put(text: string): void {
    this.text += text;
    this.#column += text.length;
  }

  #spaces(count: number): void {
    this.#put(' '.repeat(count));
  }

  #line(): void {
    this.text += '\n';
    this.#column = 0;
  }

  #newLine(indent: number): void {
    this.#line();
    this.#spaces(indent);
  }
}

function scalarText(value: unknown): string {
  return value === undefined || value === null ? 'null' : JSON.stringify(value);
}

const named: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(character: string): string {
  const name = named[character];
  if (name !== undefined && !(character === '\u00a0')) return name;
  if (isPrintable(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}

const isLetter = (character: string) => /^\p{L}$/u.test(character);
const isDigit = (character: string | undefined) =>
  character !== undefined && /^\d$/.test(character);

/** `a2` before `a10`, letters after the rest (goyaml.v2, sorter.go). */
export function compareKeys(one: string, other: string): number {
  const [a, b] = [Array.from(one), Array.from(other)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x = '', y = ''] = [a[at], b[at]];
    if (x === y) continue;
    const [xLetter, yLetter] = [isLetter(x), isLetter(y)];
    if (xLetter && yLetter) return compareText(x, y);
    if (xLetter || yLetter) return yLetter ? -1 : 1;
    const followsNumber = (x === '0' || y === '0') && hasNumberBefore(a, at);
    const [xNumber, yNumber] = [numberAt(a, at, followsNumber), numberAt(b, at, followsNumber)];
    if (xNumber.value !== yNumber.value) return xNumber.value < yNumber.value ? -1 : 1;
    if (xNumber.end !== yNumber.end) return xNumber.end - yNumber.end;
    return compareText(x, y);
  }
  return a.length - b.length;
}

/** Whether digits of which one is not zero come right before. */
function hasNumberBefore(text: readonly string[], at: number): boolean {
  for (let before = at - 1; before >= 0 && isDigit(text[before]); before--) {
    if (text[before] !== '0') return true;
  }
  return false;
}

function numberAt(
  text: readonly string[],
  at: number,
  followsNumber: boolean,
): { value: bigint; end: number } {
  let end = at;
  while (isDigit(text[end])) end++;
  return { value: BigInt(`${followsNumber ? 1 : 0}${text.slice(at, end).join('')}`), end };
}

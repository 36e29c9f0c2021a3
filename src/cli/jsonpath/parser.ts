import { SandglassError } from '#base/errors.ts';
import type { Bound, ListNode, Node } from './nodes.ts';

const end = '';
const filterPattern = /^([^!<>=]+)([!<>=]+)(.+?)$/;
const slicePattern = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;

/** Of a template such as `{range .items[*]}{.metadata.name}{"\n"}{end}` (client-go, util/jsonpath/parser.go). */
export function parseJsonPath(text: string): ListNode {
  return new Parser(text).parse();
}

/** Of what stands between braces. */
function parseAction(text: string): ListNode {
  const first = new Parser(`{${text}}`).parse().nodes[0];
  if (first?.type !== 'list') throw failure('invalid syntax');
  return first;
}

function failure(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

class Parser {
  readonly #input: string;
  readonly #root: ListNode = { type: 'list', nodes: [] };
  #start = 0;
  #at = 0;

  constructor(input: string) {
    this.#input = input;
  }

  parse(): ListNode {
    while (this.#at < this.#input.length) {
      const open = this.#input.indexOf('{', this.#at);
      this.#at = open < 0 ? this.#input.length : open;
      const text = this.#consume();
      if (text !== '') this.#root.nodes.push({ type: 'text', text });
      if (open >= 0) this.#parseAction();
    }
    return this.#root;
  }

  #parseAction(): void {
    this.#at++;
    this.#consume();
    const list: ListNode = { type: 'list', nodes: [] };
    this.#root.nodes.push(list);
    while (!this.#startsWith('}')) this.#parsePart(list.nodes);
    this.#at++;
    this.#consume();
  }

  #parsePart(nodes: Node[]): void {
    if (this.#startsWith('[?(')) {
      this.#parseFilter(nodes);
      return;
    }
    if (this.#startsWith('..')) {
      this.#parseRecursive(nodes);
      return;
    }
    const character = this.#next();
    if (character === end || character === '\n' || character === '\r') {
      throw failure('unclosed action');
    }
    if (character === ' ' || character === '@' || character === '$') this.#consume();
    else if (character === '[') this.#parseArray(nodes);
    else if (character === '"' || character === "'") this.#parseQuote(nodes, character);
    else if (character === '.') this.#parseField(nodes);
    else if (/[-+\d]/.test(character)) this.#parseNumber(nodes);
    else if (isWordCharacter(character)) this.#parseIdentifier(nodes);
    else throw failure(`unrecognized character in action: ${describe(character)}`);
  }

  #parseIdentifier(nodes: Node[]): void {
    while (!isTerminator(this.#peek())) this.#at++;
    const name = this.#consume();
    const isBool = name === 'true' || name === 'false';
    nodes.push(isBool ? { type: 'bool', value: name === 'true' } : { type: 'identifier', name });
  }

  #parseRecursive(nodes: Node[]): void {
    if (nodes.at(-1)?.type === 'recursive') throw failure('invalid multiple recursive descent');
    this.#at += 2;
    this.#consume();
    nodes.push({ type: 'recursive' });
    if (isWordCharacter(this.#peek())) this.#parseField(nodes);
  }

  #parseNumber(nodes: Node[]): void {
    while (/^[.\d]$/.test(this.#peek())) this.#at++;
    const text = this.#consume();
    if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) throw failure(`cannot parse number ${text}`);
    nodes.push({ type: 'number', value: Number(text) });
  }

  #parseArray(nodes: Node[]): void {
    for (let character = this.#next(); character !== ']'; character = this.#next()) {
      if (character === end || character === '\n') throw failure('unterminated array');
    }
    const inner = this.#consume().slice(1, -1);
    const text = inner === '*' ? ':' : inner;
    const parts = text.split(',');
    if (parts.length > 1) {
      nodes.push({ type: 'union', nodes: parts.map((part) => parseAction(`[${part.trim()}]`)) });
      return;
    }
    const key = /^'([^']*)'$/.exec(text);
    if (key) {
      nodes.push(...parseAction(`.${key[1] ?? ''}`).nodes);
      return;
    }
    const slice = slicePattern.exec(text);
    if (!slice) throw failure(`invalid array index ${text}`);
    nodes.push(arrayNode(slice));
  }

  #parseFilter(nodes: Node[]): void {
    this.#at += 3;
    this.#consume();
    let quote: string | undefined;
    let isQuoteClosed = false;
    for (;;) {
      const character = this.#next();
      if (character === end || character === '\n') throw failure('unterminated filter');
      if (character === '"' || character === "'") {
        if (quote === undefined) quote = character;
        else if (this.#input[this.#at - 2] !== '\\' && character === quote) isQuoteClosed = true;
      }
      if (character === ')' && (quote !== undefined) === isQuoteClosed) break;
    }
    if (this.#next() !== ']') throw failure('unclosed array expect ]');
    const text = this.#consume().slice(0, -2);
    const [, left, operator, right] = filterPattern.exec(text) ?? [];
    const isComparison = left !== undefined && operator !== undefined && right !== undefined;
    nodes.push({
      type: 'filter',
      left: parseAction(isComparison ? left : text),
      right: isComparison ? parseAction(right) : { type: 'list', nodes: [] },
      operator: isComparison ? operator : 'exists',
    });
  }

  #parseQuote(nodes: Node[], quote: string): void {
    for (;;) {
      const character = this.#next();
      if (character === end || character === '\n') throw failure('unterminated quoted string');
      if (character === quote && this.#input[this.#at - 2] !== '\\') break;
    }
    nodes.push({ type: 'text', text: unquote(this.#consume()) });
  }

  #parseField(nodes: Node[]): void {
    this.#consume();
    for (;;) {
      if (this.#peek() === '\\') this.#at += 2;
      else if (isTerminator(this.#peek())) break;
      else this.#at++;
    }
    const name = this.#consume();
    nodes.push(
      name === '*' ? { type: 'wildcard' } : { type: 'field', name: name.replaceAll('\\', '') },
    );
  }

  #startsWith(text: string): boolean {
    return this.#input.startsWith(text, this.#at);
  }

  #peek(): string {
    return this.#input[this.#at] ?? end;
  }

  #next(): string {
    const character = this.#peek();
    if (character !== end) this.#at++;
    return character;
  }

  /** What was passed over since the last time. */
  #consume(): string {
    const text = this.#input.slice(this.#start, this.#at);
    this.#start = this.#at;
    return text;
  }
}

function arrayNode(slice: RegExpExecArray): Node {
  const bound = (text: string | undefined): Bound => {
    const digits = text?.replace(/^:/, '') ?? '';
    return { value: digits === '' ? undefined : Number(digits) };
  };
  const from = bound(slice[1]);
  const to =
    slice[2] === undefined ? { value: (from.value ?? 0) + 1, derived: true } : bound(slice[2]);
  return { type: 'array', from, to, step: bound(slice[3]) };
}

function isTerminator(character: string): boolean {
  return character === end || /^[\s.,[\]$@{}]$/.test(character);
}

function isWordCharacter(character: string): boolean {
  return /^[_\p{L}\p{Nd}]$/u.test(character);
}

function describe(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} '${character}'`;
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** As Go's strconv.Unquote, with single quotes for texts too. */
function unquote(quoted: string): string {
  const body = quoted.slice(1, -1);
  return body.replaceAll(
    /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|[^])/g,
    (_, escape: string) => {
      const known = escapes[escape];
      if (known !== undefined) return known;
      if (/^[xuU]./.test(escape)) return String.fromCodePoint(parseInt(escape.slice(1), 16));
      if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(parseInt(escape, 8));
      throw failure(`unquote string ${quoted} error invalid syntax`);
    },
  );
}

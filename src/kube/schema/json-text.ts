import { SandglassError } from '#base/errors.ts';

export interface ParsedJson {
  value: unknown;
  /** Paths of keys that stand twice in one object, such as `spec.containers[0].image`. */
  duplicates: string[];
}

/**
 * JSON with what JSON.parse does not tell: keys that stand twice (the last one counts, as in Go),
 * and errors in the words of Go's encoding/json, which the API server hands on. Throws `invalid-argument`.
 */
export function parseJson(text: string): ParsedJson {
  const parser = new JsonParser(text);
  return { value: parser.parse(), duplicates: parser.duplicates };
}

/** Upstream goes to 10,000 levels; a worker's stack would not hold them, and no object of the API needs ten. */
const maxDepth = 1000;

const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class JsonParser {
  readonly duplicates: string[] = [];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): unknown {
    const value = this.#value('');
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return value;
  }

  #value(path: string): unknown {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object(path));
      case '[':
        return this.#nested(() => this.#array(path));
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth++;
    if (this.#depth > maxDepth) throw wrong('exceeded max depth');
    const value = read();
    this.#depth--;
    return value;
  }

  #object(path: string): Record<string, unknown> {
    // Without a prototype, so that a key named __proto__ is a key.
    const object = Object.create(null) as Record<string, unknown>;
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return object;
    }
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected('looking for beginning of object key string');
      }
      const key = this.#string();
      const keyPath = path === '' ? key : `${path}.${key}`;
      if (Object.hasOwn(object, key)) this.duplicates.push(keyPath);
      this.#skipSpace();
      if (this.#text[this.#at] !== ':') throw this.#unexpected('after object key');
      this.#at++;
      object[key] = this.#value(keyPath);
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== '}') throw this.#unexpected('after object key:value pair');
      this.#at++;
      if (next === '}') return object;
    }
  }

  #array(path: string): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return array;
    }
    for (;;) {
      array.push(this.#value(`${path}[${array.length}]`));
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') throw this.#unexpected('after array element');
      this.#at++;
      if (next === ']') return array;
    }
  }

  #string(): string {
    let result = '';
    let start = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        result += this.#text.slice(start, this.#at) + this.#escape();
        start = this.#at;
      } else if (Number.isNaN(code) || code < 0x20) {
        throw this.#unexpected('in string literal');
      } else {
        this.#at++;
      }
    }
    result += this.#text.slice(start, this.#at++);
    return result;
  }

  #escape(): string {
    this.#at++;
    const letter = this.#text[this.#at] ?? '';
    if (letter === 'u') {
      const start = ++this.#at;
      for (; this.#at < start + 4; this.#at++) {
        if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) {
          throw this.#unexpected('in \\u hexadecimal character escape');
        }
      }
      return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
    }
    const simple = simpleEscapes[letter];
    if (simple === undefined) throw this.#unexpected('in string escape code');
    this.#at++;
    return simple;
  }

  #literal<T>(word: string, value: T): T {
    for (let index = 1; index < word.length; index++) {
      this.#at++;
      if (this.#text[this.#at] !== word[index]) {
        throw this.#unexpected(`in literal ${word} (expecting '${word[index] ?? ''}')`);
      }
    }
    this.#at++;
    return value;
  }

  #number(): number {
    const start = this.#at;
    if (this.#text[this.#at] === '-') {
      this.#at++;
      if (!this.#isDigit()) throw this.#unexpected('in numeric literal');
    }
    if (!this.#isDigit()) throw this.#unexpected('looking for beginning of value');
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === '.') {
      this.#at++;
      if (!this.#isDigit()) throw this.#unexpected('after decimal point in numeric literal');
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[-+]/.test(this.#text[this.#at] ?? '')) this.#at++;
      if (!this.#isDigit()) throw this.#unexpected('in exponent of numeric literal');
      this.#digits();
    }
    return Number(this.#text.slice(start, this.#at));
  }

  #digits(): void {
    while (this.#isDigit()) this.#at++;
  }

  #isDigit(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return code >= 0x30 && code <= 0x39;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(where: string): SandglassError {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return wrong('unexpected end of JSON input');
    return wrong(`invalid character ${quoteCharacter(String.fromCodePoint(code))} ${where}`);
  }
}

/** encoding/json, scanner.go, quoteChar. */
function quoteCharacter(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  const text = JSON.stringify(character).slice(1, -1);
  return `'${text}'`;
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

import { SandglassError } from '#base/errors.ts';
import { lex, type Piece } from './lexer.ts';
import type { Operand, Pipeline, Statement } from './nodes.ts';

export function parseTemplate(source: string): Statement[] {
  const parser = new Parser(lex(source));
  return parser.parse();
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', `template: output:1: ${message}`);
}

class Parser {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  parse(): Statement[] {
    const { statements, closer } = this.#block();
    if (closer) throw wrong(`unexpected {{${closer[0] ?? ''}}}`);
    return statements;
  }

  /** Up to an `end` or `else`, whose tokens are the closer. */
  #block(): { statements: Statement[]; closer: string[] | undefined } {
    const statements: Statement[] = [];
    for (let piece = this.#pieces[this.#at]; piece; piece = this.#pieces[this.#at]) {
      this.#at++;
      if (piece.type === 'text') {
        statements.push(piece);
        continue;
      }
      const words = trimmed(piece.tokens);
      if (words[0] === 'end' || words[0] === 'else') return { statements, closer: words };
      statements.push(this.#action(words));
    }
    return { statements, closer: undefined };
  }

  #action(words: string[]): Statement {
    const [keyword = ''] = words;
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range':
        return this.#control(keyword, words.slice(1));
      case 'break':
      case 'continue':
        return { type: keyword };
      case 'define':
      case 'template':
      case 'block':
        throw wrong(`{{${keyword}}} is not supported by this kubectl`);
      default:
        return { type: 'action', pipeline: parsePipeline(words) };
    }
  }

  #control(type: 'if' | 'with' | 'range', words: string[]): Statement {
    const pipeline = parsePipeline(words);
    const { statements: body, closer } = this.#block();
    if (!closer) throw wrong('unexpected EOF');
    return { type, pipeline, body, otherwise: this.#otherwise(closer) };
  }

  #otherwise(closer: string[]): Statement[] {
    if (closer[0] === 'end') return [];
    const rest = trimmed(closer.slice(1));
    // `{{else if x}}` shares the outer end.
    if (rest[0] === 'if' || rest[0] === 'with') return [this.#control(rest[0], rest.slice(1))];
    const { statements, closer: next } = this.#block();
    if (next?.[0] !== 'end') throw wrong('unexpected EOF');
    return statements;
  }
}

function trimmed(tokens: readonly string[]): string[] {
  const start = tokens.findIndex((token) => token !== ' ');
  if (start < 0) return [];
  return tokens.slice(start, tokens.findLastIndex((token) => token !== ' ') + 1);
}

function parsePipeline(tokens: readonly string[]): Pipeline {
  const words = trimmed(tokens);
  const setter = words.findIndex((word) => word === ':=' || word === '=');
  const variables = setter < 0 ? [] : words.slice(0, setter).filter((word) => word.startsWith('$'));
  const body = setter < 0 ? words : words.slice(setter + 1);
  const reader = new CommandReader(trimmed(body));
  const commands = reader.commands();
  if (!reader.isDone) throw wrong(`unexpected ${JSON.stringify(reader.rest)} in command`);
  if (commands.some((command) => command.length === 0)) throw wrong('missing value for command');
  return { variables, declares: words[setter] === ':=', commands };
}

class CommandReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get isDone(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get rest(): string {
    return this.#tokens[this.#at] ?? '';
  }

  commands(): Operand[][] {
    const commands: Operand[][] = [[]];
    for (; !this.isDone && this.rest !== ')';) {
      const token = this.rest;
      this.#at++;
      if (token === ' ') continue;
      if (token === '|') commands.push([]);
      else commands.at(-1)?.push(this.#operand(token));
    }
    return commands;
  }

  #operand(token: string): Operand {
    if (token === '(') {
      const commands = this.commands();
      if (this.rest !== ')') throw wrong('unclosed left paren');
      this.#at++;
      const pipeline = { variables: [], declares: false, commands };
      return { type: 'pipeline', pipeline, fields: this.#fields() };
    }
    if (token === '.') return { type: 'dot', fields: this.#fields() };
    if (token.startsWith('.')) return { type: 'dot', fields: [token.slice(1), ...this.#fields()] };
    if (token.startsWith('$')) return { type: 'variable', name: token, fields: this.#fields() };
    if (/^["`']/.test(token)) return { type: 'literal', value: unquoted(token) };
    if (/^[-+\d]/.test(token)) return { type: 'literal', value: Number(token) };
    if (token === 'true' || token === 'false') return { type: 'literal', value: token === 'true' };
    if (token === 'nil') return { type: 'literal', value: null };
    if (/^\w+$/.test(token)) return { type: 'function', name: token };
    throw wrong(`unexpected ${JSON.stringify(token)} in operand`);
  }

  /** `.a.b` right behind. */
  #fields(): string[] {
    const fields: string[] = [];
    while (/^\.\w/.test(this.rest)) {
      fields.push(this.rest.slice(1));
      this.#at++;
    }
    return fields;
  }
}

function unquoted(token: string): string | number {
  if (token.startsWith('`')) return token.slice(1, -1);
  if (token.startsWith("'")) return token.slice(1, -1).codePointAt(0) ?? 0;
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return token
    .slice(1, -1)
    .replaceAll(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^])/g, (_, escape: string) =>
      escape.length > 1
        ? String.fromCodePoint(parseInt(escape.slice(1), 16))
        : (escapes[escape] ?? escape),
    );
}

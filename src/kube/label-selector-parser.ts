import { SandglassError } from '#base/errors.ts';
import type { LabelOperator } from './selectors.ts';
import { fieldErrorText, invalid } from './validation/field-error.ts';
import { field } from './validation/field-path.ts';
import { isQualifiedName } from './validation/names.ts';

export interface ParsedRequirement {
  key: string;
  operator: LabelOperator;
  values: readonly string[];
}

interface Token {
  kind: 'identifier' | 'symbol' | 'end' | 'error';
  text: string;
}

const symbols = new Set(['(', ')', ',', '!', '=', '==', '!=', '>', '<']);
const operators: Readonly<Record<string, LabelOperator>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
  in: 'in',
  notin: 'notin',
};

/** Upstream's grammar and messages (apimachinery, pkg/labels/selector.go, Parser). */
export function parseRequirements(text: string): ParsedRequirement[] {
  return new Parser(tokens(text)).parse();
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = /[ \t\r\n]+|([=!(),><]+)|([^=!(),>< \t\r\n]+)/g;
  for (const [, special, identifier] of text.matchAll(pattern)) {
    if (special !== undefined) found.push(...splitSymbols(special));
    if (identifier !== undefined) found.push({ kind: 'identifier', text: identifier });
  }
  found.push({ kind: 'end', text: '' });
  return found;
}

/** The longest symbol first: `==`, `!=`, `),`. */
function splitSymbols(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length;) {
    const two = text.slice(at, at + 2);
    const symbol = two.length === 2 && symbols.has(two) ? two : text.slice(at, at + 1);
    found.push({ kind: 'symbol', text: symbol });
    at += symbol.length;
  }
  return found;
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }

  parse(): ParsedRequirement[] {
    const requirements: ParsedRequirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') return requirements;
      if (!startsRequirement(token)) {
        throw wrong(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#parseRequirement());
      const after = this.#next();
      if (after.kind === 'end') return requirements;
      if (after.text !== ',') {
        throw wrong(`found '${after.text}', expected: ',' or 'end of string'`);
      }
      const following = this.#peek();
      if (!startsRequirement(following)) {
        throw wrong(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  #parseRequirement(): ParsedRequirement {
    let token = this.#next();
    const isNegated = token.kind === 'symbol' && token.text === '!';
    if (isNegated) token = this.#next();
    if (token.kind !== 'identifier') {
      throw wrongRequirement(`found '${token.text}', expected: identifier`);
    }
    const key = token.text;
    const problems = isQualifiedName(key);
    if (problems.length > 0) {
      // Upstream hands on no path here, which Go prints as <nil>.
      throw wrongRequirement(fieldErrorText(invalid(field('<nil>'), key, problems.join('; '))));
    }
    const after = this.#peek();
    if (isNegated) return { key, operator: '!', values: [] };
    if (after.kind === 'end' || after.text === ',') return { key, operator: 'exists', values: [] };
    const operator = operators[this.#next().text];
    if (operator === undefined) {
      throw wrongRequirement(`found '${after.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const isSet = operator === 'in' || operator === 'notin';
    return { key, operator, values: isSet ? this.#parseValues() : [this.#parseExactValue()] };
  }

  #parseExactValue(): string {
    const token = this.#peek();
    if (token.kind === 'end' || token.text === ',') return '';
    if (token.kind !== 'identifier') {
      throw wrongRequirement(`found '${token.text}', expected: identifier`);
    }
    return this.#next().text;
  }

  #parseValues(): string[] {
    const open = this.#next();
    if (open.text !== '(') throw wrongRequirement(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    let value = '';
    for (;;) {
      const token = this.#next();
      if (token.kind === 'identifier' && value === '') value = token.text;
      else if (token.kind === 'symbol' && (token.text === ',' || token.text === ')')) {
        values.add(value);
        value = '';
        if (token.text === ')') return [...values].sort();
      } else throw wrongRequirement(`found '${token.text}', expected: ',' or ')'`);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? { kind: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }
}

function startsRequirement({ kind, text }: Token): boolean {
  return kind === 'identifier' || (kind === 'symbol' && text === '!');
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

function wrongRequirement(message: string): SandglassError {
  return wrong(`unable to parse requirement: ${message}`);
}

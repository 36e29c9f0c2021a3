import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { goText } from '#cli/text/go-value.ts';
import { isObject, sortedEntries } from '#cli/text/json.ts';
import { type TemplateFunction, functions, isTrue } from './functions.ts';
import type { Operand, Pipeline, Statement } from './nodes.ts';
import { parseTemplate } from './parser.ts';

export interface GoTemplateOptions {
  /** What is not there is `<no value>`, and no error. */
  allowMissingKeys: boolean;
  /** Besides those of the language. */
  functions?: Readonly<Record<string, TemplateFunction>>;
}

/** A template in the language of Go's text/template, without templates inside it. */
export class GoTemplate {
  readonly #statements: readonly Statement[];
  readonly #options: GoTemplateOptions;

  /** Throws `invalid-argument` for what is no template. */
  constructor(source: string, options: GoTemplateOptions) {
    this.#statements = parseTemplate(source);
    this.#options = options;
  }

  execute(data: unknown): string {
    const scope = new Map([['$', data]]);
    return new Execution(this.#options).run(this.#statements, data, scope).text;
  }
}

type Scope = Map<string, unknown>;

interface Outcome {
  text: string;
  /** Why the rest of a loop's body is left out. */
  leave?: 'break' | 'continue';
}

function failure(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

class Execution {
  readonly #options: GoTemplateOptions;

  constructor(options: GoTemplateOptions) {
    this.#options = options;
  }

  run(statements: readonly Statement[], dot: unknown, outer: Scope): Outcome {
    const scope = new Map(outer);
    let text = '';
    for (const statement of statements) {
      const { text: more, leave } = this.#statement(statement, dot, scope);
      text += more;
      // What was assigned to a variable from outside stays assigned.
      for (const name of outer.keys()) outer.set(name, scope.get(name));
      if (leave) return { text, leave };
    }
    return { text };
  }

  #statement(statement: Statement, dot: unknown, scope: Scope): Outcome {
    switch (statement.type) {
      case 'text':
        return { text: statement.text };
      case 'action': {
        const value = this.#pipeline(statement.pipeline, dot, scope);
        const isSetting = statement.pipeline.variables.length > 0;
        return { text: isSetting ? '' : printed(value) };
      }
      case 'if': {
        const holds = isTrue(this.#pipeline(statement.pipeline, dot, scope));
        return this.run(holds ? statement.body : statement.otherwise, dot, scope);
      }
      case 'with': {
        const value = this.#pipeline(statement.pipeline, dot, scope);
        return isTrue(value)
          ? this.run(statement.body, value, scope)
          : this.run(statement.otherwise, dot, scope);
      }
      case 'range':
        return this.#range(statement, dot, scope);
      case 'break':
      case 'continue':
        return { text: '', leave: statement.type };
    }
  }

  #range(
    { pipeline, body, otherwise }: Extract<Statement, { type: 'range' }>,
    dot: unknown,
    scope: Scope,
  ): Outcome {
    const value = this.#pipeline({ ...pipeline, variables: [] }, dot, scope);
    const entries = entriesOf(value);
    if (entries.length === 0) return this.run(otherwise, dot, scope);
    const [first, second] = pipeline.variables;
    let text = '';
    for (const [key, item] of entries) {
      const inner = new Map(scope);
      if (first !== undefined) inner.set(first, second === undefined ? item : key);
      if (second !== undefined) inner.set(second, item);
      const outcome = this.run(body, item, inner);
      text += outcome.text;
      for (const name of scope.keys()) {
        if (name !== first && name !== second) scope.set(name, inner.get(name));
      }
      if (outcome.leave === 'break') break;
    }
    return { text };
  }

  #pipeline({ variables, commands }: Pipeline, dot: unknown, scope: Scope): unknown {
    let value: unknown;
    commands.forEach((command, at) => {
      value = this.#command(command, at === 0 ? [] : [value], dot, scope);
    });
    const [name] = variables;
    if (name !== undefined) scope.set(name, value);
    return value;
  }

  #command(command: readonly Operand[], piped: unknown[], dot: unknown, scope: Scope): unknown {
    const [head, ...rest] = command;
    if (head?.type === 'function') return this.#call(head.name, rest, piped, dot, scope);
    if (!head || rest.length > 0 || piped.length > 0) {
      throw failure("can't give argument to non-function");
    }
    return this.#operand(head, dot, scope);
  }

  #call(
    name: string,
    operands: readonly Operand[],
    piped: readonly unknown[],
    dot: unknown,
    scope: Scope,
  ): unknown {
    const evaluate = (operand: Operand) => this.#operand(operand, dot, scope);
    if (name === 'and' || name === 'or') {
      let value: unknown;
      for (const next of [
        ...operands.map((one) => () => evaluate(one)),
        ...piped.map((one) => () => one),
      ]) {
        value = next();
        if (isTrue(value) === (name === 'or')) break;
      }
      return value;
    }
    const known = { ...functions, ...this.#options.functions };
    const called = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!called) throw failure(`function ${quote(name)} not defined`);
    return called(...operands.map(evaluate), ...piped);
  }

  #operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.type) {
      case 'literal':
        return operand.value;
      case 'dot':
        return this.#fields(dot, operand.fields);
      case 'variable':
        if (!scope.has(operand.name)) throw failure(`undefined variable ${quote(operand.name)}`);
        return this.#fields(scope.get(operand.name), operand.fields);
      case 'pipeline':
        return this.#fields(this.#pipeline(operand.pipeline, dot, scope), operand.fields);
      case 'function':
        return this.#call(operand.name, [], [], dot, scope);
    }
  }

  #fields(value: unknown, fields: readonly string[]): unknown {
    return fields.reduce((current, field) => this.#field(current, field), value);
  }

  #field(value: unknown, field: string): unknown {
    if (isObject(value)) {
      if (Object.hasOwn(value, field)) return value[field];
      if (this.#options.allowMissingKeys) return undefined;
      throw failure(`map has no entry for key ${quote(field)}`);
    }
    // What a key that is not there stands for has no fields, and is no error either.
    if (value === undefined && this.#options.allowMissingKeys) return undefined;
    if (value === undefined || value === null) {
      throw failure(`nil pointer evaluating interface {}.${field}`);
    }
    throw failure(`can't evaluate field ${field} in type interface {}`);
  }
}

function printed(value: unknown): string {
  return value === undefined || value === null ? '<no value>' : goText(value);
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, at) => [at, item]);
  if (isObject(value)) return sortedEntries(value);
  if (typeof value === 'number') return Array.from({ length: value }, (_, at) => [at, at]);
  if (value === undefined || value === null) return [];
  throw failure(`range can't iterate over ${goText(value)}`);
}

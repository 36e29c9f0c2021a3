import { SandglassError } from '#base/errors.ts';
import { formatJson, isObject, printedJson, sortedEntries } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';
import { compareValues } from './compare.ts';
import type { ListNode, Node } from './nodes.ts';
import { parseJsonPath } from './parser.ts';

export interface JsonPathOptions {
  /** A field that is not there gives nothing, and no error. */
  allowMissingKeys?: boolean;
  /** Prints what is found as JSON arrays. */
  outputJson?: boolean;
}

/** A template in kubectl's dialect of JSONPath (client-go, util/jsonpath/jsonpath.go). */
export class JsonPath {
  readonly #root: ListNode;
  readonly #options: JsonPathOptions;

  /** Throws `invalid-argument` with upstream's text. */
  constructor(template: string, options: JsonPathOptions = {}) {
    this.#root = parseJsonPath(template);
    this.#options = options;
  }

  /** Of each part of the template, the values found. */
  find(data: unknown): unknown[][] {
    return new Evaluation(this.#options).run(this.#root.nodes, 0, data).results;
  }

  print(data: unknown): string {
    return this.find(data)
      .map((values) => this.#printValues(values))
      .join('');
  }

  #printValues(values: readonly unknown[]): string {
    if (this.#options.outputJson) return printedJson(values);
    return values.map(valueText).join(' ');
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return formatJson(value);
  return value === null || value === undefined ? 'null' : goText(value);
}

interface Outcome {
  results: unknown[][];
  /** Where the template goes on after the `end` that stopped it. */
  next: number;
}

class Evaluation {
  readonly #options: JsonPathOptions;
  #depth = 0;

  constructor(options: JsonPathOptions) {
    this.#options = options;
  }

  /** From a part of the template to its end, or to the end of the range that it is in. */
  run(nodes: readonly Node[], from: number, data: unknown): Outcome {
    const results: unknown[][] = [];
    for (let at = from; at < nodes.length; at++) {
      const node = nodes[at];
      if (!node) break;
      const keyword = keywordOf(node);
      if (keyword === 'end') {
        if (this.#depth === 0) throw failure('not in range, nothing to end');
        return { results, next: at };
      }
      const values = this.#walk([data], node);
      if (keyword === 'range') {
        const inner = this.#range(nodes, at + 1, values);
        results.push(...inner.results);
        at = inner.next;
      } else {
        results.push(values);
      }
    }
    return { results, next: nodes.length };
  }

  #range(nodes: readonly Node[], from: number, values: readonly unknown[]): Outcome {
    this.#depth++;
    const rounds = values.map((value) => this.run(nodes, from, value));
    const results = rounds.flatMap((round) => round.results);
    // Without any value the parts in between are still passed over.
    const next = rounds[0]?.next ?? endOfRange(nodes, from);
    this.#depth--;
    return { results, next };
  }

  #walk(values: readonly unknown[], node: Node): unknown[] {
    switch (node.type) {
      case 'list':
        return node.nodes.reduce<unknown[]>(
          (current, one) => this.#walk(current, one),
          [...values],
        );
      case 'text':
        return [node.text];
      case 'number':
      case 'bool':
        return values.map(() => node.value);
      case 'field':
        return this.#field(values, node.name);
      case 'array':
        return values.flatMap((value) => slice(value, node));
      case 'filter':
        return values.flatMap((value) => this.#filter(value, node));
      case 'wildcard':
        return values.flatMap(children);
      case 'recursive':
        return values.flatMap(descendants);
      case 'union':
        return node.nodes.flatMap((one) => this.#walk(values, one));
      case 'identifier':
        if (node.name === 'range') return [...values];
        throw failure(`unrecognized identifier ${node.name}`);
    }
  }

  #field(values: readonly unknown[], name: string): unknown[] {
    if (values.length === 0) return [];
    const found = values.filter(
      (value): value is Record<string, unknown> => isObject(value) && Object.hasOwn(value, name),
    );
    if (found.length === 0 && !this.#options.allowMissingKeys) {
      throw failure(`${name} is not found`);
    }
    return found.map((value) => value[name]);
  }

  #filter(value: unknown, node: Extract<Node, { type: 'filter' }>): unknown[] {
    if (!Array.isArray(value)) {
      throw failure(`${goText(value)} is not array or slice and cannot be filtered`);
    }
    return (value as unknown[]).filter((item) => this.#passes(item, node));
  }

  #passes(item: unknown, { left, right, operator }: Extract<Node, { type: 'filter' }>): boolean {
    if (operator === 'exists') return this.#exists(item, left);
    const [lefts, rights] = [this.#walk([item], left), this.#walk([item], right)];
    if (lefts.length === 0 || rights.length === 0) return false;
    if (lefts.length > 1 || rights.length > 1) {
      throw failure('can only compare one element at a time');
    }
    return compareValues(lefts[0], rights[0], operator);
  }

  #exists(item: unknown, path: ListNode): boolean {
    const lenient = new Evaluation({ ...this.#options, allowMissingKeys: true });
    return lenient.#walk([item], path).length > 0;
  }
}

function failure(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

function keywordOf(node: Node): 'range' | 'end' | undefined {
  const first = node.type === 'list' ? node.nodes[0] : undefined;
  if (first?.type !== 'identifier') return undefined;
  return first.name === 'range' || first.name === 'end' ? first.name : undefined;
}

function endOfRange(nodes: readonly Node[], from: number): number {
  let depth = 0;
  for (let at = from; at < nodes.length; at++) {
    const node = nodes[at];
    const keyword = node && keywordOf(node);
    if (keyword === 'range') depth++;
    if (keyword === 'end' && depth-- === 0) return at;
  }
  return nodes.length;
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return isObject(value) ? sortedEntries(value).map(([, one]) => one) : [];
}

/** The value itself and all below it that has children. */
function descendants(value: unknown): unknown[] {
  const below = children(value);
  return below.length === 0 ? [] : [value, ...below.flatMap(descendants)];
}

function slice(value: unknown, node: Extract<Node, { type: 'array' }>): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw failure(`${goType(value)} is not array or slice`);
  const { length } = value as unknown[];
  let from = node.from.value ?? 0;
  if (from < 0) from += length;
  let to = node.to.value ?? length;
  if (to < 0 || (to === 0 && node.to.derived)) to += length;
  if (from === to) return [];
  if (from >= length || from < 0) throw outOfBounds(from, length);
  if (to > length || to < 0) throw outOfBounds(to - 1, length);
  if (from > to) throw failure(`starting index ${from} is greater than ending index ${to}`);
  const step = node.step.value ?? 1;
  if (step <= 0) throw failure('step must be > 0');
  return (value as unknown[]).slice(from, to).filter((_, at) => at % step === 0);
}

function outOfBounds(index: number, length: number): SandglassError {
  return failure(`array index out of bounds: index ${index}, length ${length}`);
}

function goType(value: unknown): string {
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int64' : 'float64';
}

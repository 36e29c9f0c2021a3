import { type Node, isMap, isPair, isScalar, isSeq } from 'yaml';

/** A part of a text, in UTF-16 units from its beginning. */
export interface TextRange {
  from: number;
  to: number;
}

/** Where a field's key is, or, of a list's element, where it begins; and where its value is, if that is one word. */
interface Place {
  key: TextRange;
  value?: TextRange | undefined;
}

/**
 * Where a document has the field of a path as messages write it: `spec.containers[0].image`,
 * `metadata.labels[app]`. Of a field that is not there, where the last part is that is: a field's key, or nothing.
 */
export function locate(
  root: Node | null,
  path: string,
  prefer: 'key' | 'value',
): TextRange | undefined {
  let node = root;
  let rest = path;
  let place: Place | undefined;
  while (rest !== '') {
    const step = node && stepInto(node, rest);
    if (!step) return place?.key;
    ({ place, node, rest } = step);
  }
  return prefer === 'value' ? (place?.value ?? place?.key) : place?.key;
}

interface Step {
  place: Place;
  node: Node | null;
  rest: string;
}

function stepInto(node: Node, rest: string): Step | undefined {
  if (isSeq(node)) {
    const [whole = '', index = ''] = /^\[(\d+)\]/.exec(rest) ?? [];
    const item = node.items[Number(index)] as Node | null | undefined;
    if (whole === '' || !item) return undefined;
    return { place: placeOfItem(item), node: item, rest: withoutDot(rest.slice(whole.length)) };
  }
  if (!isMap(node)) return undefined;
  const found = node.items
    .map((pair) => ({ pair, consumed: consumedBy(keyOf(pair), rest) }))
    .filter(({ consumed }) => consumed > 0)
    // A key may hold dots itself: the one that explains the most.
    .sort((one, other) => other.consumed - one.consumed)[0];
  if (!found) return undefined;
  const value = found.pair.value as Node | null;
  const place = { key: rangeOf(found.pair.key as Node), value: scalarRange(value) };
  return { place, node: value, rest: withoutDot(rest.slice(found.consumed)) };
}

/** How much of the path a key is, in brackets or not; 0 if it is none of it. */
function consumedBy(key: string, rest: string): number {
  if (key === '') return 0;
  if (rest.startsWith(`[${key}]`)) return key.length + 2;
  const isWhole = rest.startsWith(key) && /^($|[.[])/.test(rest.slice(key.length));
  return isWhole ? key.length : 0;
}

function withoutDot(rest: string): string {
  return rest.startsWith('.') ? rest.slice(1) : rest;
}

export function keyOf(pair: unknown): string {
  return isPair(pair) ? textOf(pair.key) : '';
}

function textOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function placeOfItem(item: Node): Place {
  if (isMap(item)) {
    const first = item.items[0];
    if (first) return { key: rangeOf(first.key as Node) };
  }
  return { key: rangeOf(item), value: scalarRange(item) };
}

export function rangeOf(node: Node | null | undefined): TextRange {
  const [from = 0, to = from] = node?.range ?? [];
  return { from, to };
}

function scalarRange(node: Node | null): TextRange | undefined {
  if (!isScalar(node)) return undefined;
  const range = rangeOf(node);
  return range.to > range.from ? range : undefined;
}

import { parse } from 'svelte/compiler';

/** A string that a reader would see, and where it stands. */
export interface ReaderString {
  line: number;
  text: string;
}

interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

/** Attributes, and properties of this project's components, that are read out or shown. */
const shownAttributes = new Set([
  'aria-label',
  'aria-description',
  'aria-placeholder',
  'aria-roledescription',
  'aria-valuetext',
  'title',
  'placeholder',
  'alt',
  'label',
  'question',
  'action',
]);

/** What stands in these is a command or a key, which no language translates. */
const verbatim = new Set(['code', 'kbd', 'pre']);

/** Stands for a value in a text that is made of values. */
const value = '{}';

const hasLetters = (text: string) => /\p{L}/u.test(text);

/**
 * Two words of which the first begins with a capital, or several to a full stop; a value counts as a word. Names,
 * selectors, commands and media queries are neither.
 */
function isProse(text: string): boolean {
  const read = text.replaceAll(value, 'x');
  return (
    /^\P{L}*\p{Lu}\p{Ll}+[’']?\p{Ll}* \p{Ll}/u.test(read) ||
    /\p{L} .*\p{L}(?: ?…|[.!?])$/u.test(read)
  );
}

/** The strings of a component or module that a reader would see: text of the markup, and prose anywhere. */
export function readerStrings(file: string, source: string): ReaderString[] {
  // A module is what a component's script is; the parser is Svelte's in both cases.
  const isModule = file.endsWith('.ts');
  const opening = '<script lang="ts">';
  const text = isModule ? `${opening}${source}</script>` : source;
  const { fragment, instance, module } = parse(text, { modern: true, filename: file });
  const found = new Map<number, string>();
  const add = (shown: (text: string) => boolean) => (node: Node, text: string) => {
    if (shown(text)) found.set(node.start, text.trim().replace(/\s+/g, ' '));
  };
  for (const script of [instance, module]) visit(script?.content, add(isProse));
  visit(fragment, add(isProse));
  visitMarkup(fragment as unknown as Node, add(hasLetters));
  return [...found].map(([start, each]) => ({
    line: text.slice(0, start).split('\n').length,
    text: each,
  }));
}

type Take = (node: Node, text: string) => void;

/** Every literal of a program or expression, without those of types, of imports and of what is told to developers. */
function visit(part: unknown, take: Take): void {
  if (Array.isArray(part)) for (const each of part) visit(each, take);
  if (!isNode(part) || isForDevelopers(part)) return;
  const text = literalText(part);
  if (text !== undefined) take(part, text);
  for (const field of Object.values(part)) visit(field, take);
}

/** What the markup shows: its texts, what expressions among them come to, and the attributes that are shown. */
function visitMarkup(node: Node, take: Take): void {
  if (node.type === 'RegularElement' && verbatim.has(node['name'] as string)) return;
  if (node.type === 'Text') take(node, literalText(node) ?? '');
  if (node.type === 'ExpressionTag') visitResult(node['expression'], take);
  for (const attribute of nodesOf(node['attributes'])) {
    if (attribute.type !== 'Attribute' || !shownAttributes.has(attribute['name'] as string))
      continue;
    for (const part of nodesOf(attribute['value'])) visitMarkup(part, take);
  }
  for (const [field, content] of Object.entries(node))
    if (field !== 'attributes' && field !== 'expression')
      for (const child of nodesOf(content)) visitMarkup(child, take);
}

/** The literals that an expression may come to. */
function visitResult(expression: unknown, take: Take): void {
  if (!isNode(expression)) return;
  const text = literalText(expression);
  if (text !== undefined) take(expression, text);
  // What is compared is not shown.
  if (expression.type === 'BinaryExpression' && expression['operator'] !== '+') return;
  for (const field of ['consequent', 'alternate', 'left', 'right'])
    visitResult(expression[field], take);
}

/** Text, as it is, or the fixed parts of one that is made of values. */
function literalText(node: Node): string | undefined {
  if (node.type === 'Text') return node['data'] as string;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateLiteral') return undefined;
  const parts = nodesOf(node['quasis']).map(
    (quasi) => (quasi['value'] as { cooked?: string }).cooked ?? '',
  );
  return parts.join(value);
}

function isForDevelopers(node: Node): boolean {
  const { type } = node;
  if (/^(Import|ExportAll)/.test(type)) return true;
  if (/^TS/.test(type)) return !/^TS(As|Satisfies|NonNull)/.test(type);
  const called = node['callee'] as { name?: string; object?: { name?: string } } | undefined;
  return (
    (type === 'NewExpression' && called?.name === 'Error') ||
    (type === 'CallExpression' && called?.object?.name === 'console')
  );
}

function nodesOf(field: unknown): Node[] {
  return (Array.isArray(field) ? field : [field]).filter(isNode);
}

function isNode(field: unknown): field is Node {
  return typeof field === 'object' && field !== null && 'type' in field;
}

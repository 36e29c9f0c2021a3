import { toHtml } from 'hast-util-to-html';
import type { Element, ElementContent } from 'hast';
import type { Code, InlineCode, Nodes, PhrasingContent, Root, RootContent } from 'mdast';
import { directiveFromMarkdown } from 'mdast-util-directive';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { type Handlers, defaultHandlers, toHast } from 'mdast-util-to-hast';
import { directive } from 'micromark-extension-directive';
import { frontmatter } from 'micromark-extension-frontmatter';
import { gfm } from 'micromark-extension-gfm';
import { visit } from 'unist-util-visit';
import { contentError } from './content-error.ts';

/** Of directives only those that are blocks: a colon within prose, as in `busybox:1.36`, is a colon. */
const { flow } = directive();

/** A Markdown file with front matter, GitHub's tables and lists, and directives (`:::name{key=value}`). */
export function parseMarkdown(source: string): Root {
  return fromMarkdown(source, {
    extensions: [frontmatter(['yaml']), gfm(), { flow }],
    mdastExtensions: [
      frontmatterFromMarkdown(['yaml']),
      gfmFromMarkdown(),
      directiveFromMarkdown(),
    ],
  });
}

const handlers: Handlers = {
  /** It may scroll, and a keyboard must be able to. */
  code: (state, node: Code): Element => {
    const block = defaultHandlers.code(state, node);
    return { ...block, properties: { ...block.properties, tabIndex: 0 } };
  },
  /** Of code within a line each word that has a dash is marked: browsers would break lines after one. */
  inlineCode: (_state, { value }: InlineCode): Element => ({
    type: 'element',
    tagName: 'code',
    properties: {},
    children: value
      .replaceAll(/\r?\n|\r/g, ' ')
      .split(/( +)/)
      .map((part): ElementContent => {
        const text = { type: 'text', value: part } as const;
        if (!part.includes('-')) return text;
        const properties = { className: ['word'] };
        return { type: 'element', tagName: 'span', properties, children: [text] };
      }),
  }),
};

export function lineOf(node: Nodes): number | undefined {
  return node.position?.start.line;
}

/** Prose as HTML. What is no prose in it (raw HTML, a directive, a picture) is a content error. */
export function proseToHtml(nodes: readonly RootContent[], file: string): string {
  return toHtml(toHast(checked({ type: 'root', children: [...nodes] }, file), { handlers }));
}

/** What stands within a paragraph, as HTML without one. */
export function phrasingToHtml(nodes: readonly PhrasingContent[], file: string): string {
  const paragraph = toHast(checked({ type: 'paragraph', children: [...nodes] }, file), {
    handlers,
  });
  return 'children' in paragraph ? toHtml(paragraph.children).trim() : '';
}

function checked<T extends Nodes>(tree: T, file: string): T {
  visit(tree, (node: Nodes) => {
    const mistake = notProse(node);
    if (mistake !== undefined) throw contentError({ file, line: lineOf(node) }, mistake);
  });
  return tree;
}

function notProse(node: Nodes): string | undefined {
  switch (node.type) {
    case 'html':
      return 'HTML is not read; write Markdown.';
    case 'leafDirective':
    case 'containerDirective':
      return `${node.name} stands within a block, where there can only be prose.`;
    case 'text':
      return /^:{2,}[a-z]/m.test(node.value)
        ? 'This begins like a block and is none: are the quotes of its {…} closed? A value has no quotes of its own kind in it.'
        : undefined;
    case 'image':
    case 'imageReference':
      return 'Pictures are drawn from the machine: use a figure.';
    default:
      return undefined;
  }
}

import { toHtml } from 'hast-util-to-html';
import type { Nodes, Root, RootContent } from 'mdast';
import { directiveFromMarkdown } from 'mdast-util-directive';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { toHast } from 'mdast-util-to-hast';
import { directive } from 'micromark-extension-directive';
import { frontmatter } from 'micromark-extension-frontmatter';
import { gfm } from 'micromark-extension-gfm';
import { visit } from 'unist-util-visit';
import { contentError } from './content-error.ts';

/** A Markdown file with front matter, GitHub's tables and lists, and directives (`:::name{key=value}`). */
export function parseMarkdown(source: string): Root {
  return fromMarkdown(source, {
    extensions: [frontmatter(['yaml']), gfm(), directive()],
    mdastExtensions: [frontmatterFromMarkdown(['yaml']), gfmFromMarkdown(), directiveFromMarkdown()],
  });
}

export function lineOf(node: Nodes): number | undefined {
  return node.position?.start.line;
}

/** Prose as HTML. What is no prose in it (raw HTML, a directive, a picture) is a content error. */
export function proseToHtml(nodes: readonly RootContent[], file: string): string {
  const root: Root = { type: 'root', children: [...nodes] };
  visit(root, (node) => {
    const mistake = notProse(node);
    if (mistake !== undefined) throw contentError({ file, line: lineOf(node) }, mistake);
  });
  return toHtml(toHast(root));
}

function notProse(node: Nodes): string | undefined {
  switch (node.type) {
    case 'html':
      return 'HTML is not read; write Markdown.';
    case 'textDirective':
      return `:${node.name} is read as a directive; a colon before a word needs a backslash.`;
    case 'leafDirective':
    case 'containerDirective':
      return `${node.name} stands within a block, where there can only be prose.`;
    case 'image':
    case 'imageReference':
      return 'Pictures are drawn from the machine: use a figure.';
    default:
      return undefined;
  }
}

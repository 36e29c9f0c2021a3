import type { Code, RootContent } from 'mdast';
import type { ContainerDirective, LeafDirective } from 'mdast-util-directive';
import { type Block, type Step, figureNames, helpDegrees } from '../lesson.ts';
import { readAnswers } from './answers.ts';
import { Attributes } from './attributes.ts';
import { contentError } from './content-error.ts';
import { readFrontMatter } from './front-matter.ts';
import { lineOf, parseMarkdown, proseToHtml } from './markdown.ts';

/** One Markdown file as a step. Throws a content error with file and line for whatever is not of the format. */
export function readStep(source: string, file: string, slug: string): Step {
  const [head, ...content] = parseMarkdown(source).children;
  if (head?.type !== 'yaml') {
    throw contentError({ file, line: 1 }, 'A step begins with front matter that has its title.');
  }
  const { title } = readFrontMatter(head.value, { title: { type: 'text' } }, { file, line: 2 });
  return { slug, title, blocks: readBlocks(content, file) };
}

function readBlocks(nodes: readonly RootContent[], file: string): Block[] {
  const blocks: Block[] = [];
  let prose: RootContent[] = [];
  const endProse = () => {
    if (prose.length > 0) blocks.push({ kind: 'prose', html: proseToHtml(prose, file) });
    prose = [];
  };
  for (const node of nodes) {
    const block = readBlock(node, file);
    if (!block) {
      prose.push(node);
      continue;
    }
    endProse();
    blocks.push(block);
  }
  endProse();
  return blocks;
}

/** The block that a node is; undefined for prose. */
function readBlock(node: RootContent, file: string): Block | undefined {
  switch (node.type) {
    case 'code':
      return readCode(node, file);
    case 'leafDirective':
      return readLeaf(node, file);
    case 'containerDirective':
      return readContainer(node, file);
    default:
      return undefined;
  }
}

/** ```` ```sh run ````: a command to run. ```` ```yaml apply=pod.yaml ````: a manifest to edit and apply. */
function readCode(node: Code, file: string): Block | undefined {
  const place = { file, line: lineOf(node) };
  const [word, ...more] = (node.meta ?? '').split(/\s+/).filter((part) => part !== '');
  if (word === undefined) return undefined;
  const [name, value] = word.split('=');
  if (node.lang === 'sh' && name === 'run' && more.length === 0) {
    return { kind: 'command', command: node.value, terminal: value ?? 'node' };
  }
  if (node.lang === 'yaml' && name === 'apply' && value && more.length === 0) {
    return { kind: 'manifest', file: value, yaml: node.value };
  }
  throw contentError(place, 'After ``` there can be: sh run, sh run=TERMINAL, yaml apply=FILE.');
}

function readLeaf(node: LeafDirective, file: string): Block {
  const place = { file, line: lineOf(node) };
  const attributes = new Attributes(node, place);
  switch (node.name) {
    case 'figure': {
      const name = attributes.choice('name', figureNames);
      attributes.end();
      return { kind: 'figure', name, caption: proseToHtml(node.children as RootContent[], file) };
    }
    case 'checks': {
      const ids = attributes.text('ids').split(/\s+/);
      attributes.end();
      return { kind: 'checks', ids };
    }
    default:
      throw contentError(place, `There is no ::${node.name}, only ::figure and ::checks.`);
  }
}

function readContainer(node: ContainerDirective, file: string): Block {
  const place = { file, line: lineOf(node) };
  const attributes = new Attributes(node, place);
  switch (node.name) {
    case 'question':
      attributes.end();
      return { kind: 'question', ...readAnswers(node, file) };
    case 'prediction': {
      const command = attributes.text('command');
      attributes.end();
      return { kind: 'prediction', command, ...readAnswers(node, file) };
    }
    case 'real':
      attributes.end();
      return { kind: 'real', html: proseToHtml(node.children, file) };
    case 'help': {
      const degree = attributes.choice('degree', helpDegrees);
      attributes.end();
      return { kind: 'help', degree, html: proseToHtml(node.children, file) };
    }
    default:
      throw contentError(
        place,
        `There is no :::${node.name}, only :::question, :::prediction, :::real and :::help.`,
      );
  }
}

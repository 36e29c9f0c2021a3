import type { Code, RootContent } from 'mdast';
import type { ContainerDirective, LeafDirective } from 'mdast-util-directive';
import { type Block, type Step, checksOf, figureNames, helpDegrees } from '#lessons/lesson.ts';
import { readAnswers } from './answers.ts';
import { Attributes } from './attributes.ts';
import { readChecks } from './checks.ts';
import { contentError } from './content-error.ts';
import { readFrontMatter } from './front-matter.ts';
import { lineOf, parseMarkdown, phrasingToHtml, proseToHtml } from './markdown.ts';

/** In the reader's directory: no path. */
const fileName = /^[a-z0-9][a-z0-9.-]*$/;

/** One Markdown file as a step. Throws a content error with file and line for whatever is not of the format. */
export function readStep(source: string, file: string, slug: string): Step {
  const [head, ...content] = parseMarkdown(source).children;
  if (head?.type !== 'yaml') {
    throw contentError({ file, line: 1 }, 'A step begins with front matter that has its title.');
  }
  const { title } = readFrontMatter(head.value, { title: { type: 'text' } }, { file, line: 2 });
  const blocks = readBlocks(content, file);
  if (blocks.filter(({ kind }) => kind === 'checks').length > 1) {
    throw contentError({ file }, 'A step has one :::checks at most.');
  }
  const step = { slug, title, blocks };
  const checks = checksOf(step).map(({ id }) => id);
  for (const node of content) {
    const after = node.type === 'containerDirective' ? node.attributes?.['after'] : undefined;
    if (after === undefined || after === null || checks.includes(after)) continue;
    const place = { file, line: lineOf(node) };
    throw contentError(place, `The step has no check ${after} for a prediction to wait for.`);
  }
  return step;
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

/** A fence with words after its language: `sh run`, `yaml manifest=FILE`, `sh script=FILE`. Others are prose. */
function readCode(node: Code, file: string): Block | undefined {
  const meta = (node.meta ?? '').trim();
  if (meta === '') return undefined;
  const text = `${node.value}\n`;
  const [name, value = '', ...more] = meta.split('=');
  const isFile = fileName.test(value) && more.length === 0;
  if (node.lang === 'sh' && meta === 'run') return { kind: 'command', command: node.value };
  if (node.lang === 'yaml' && name === 'manifest' && isFile) {
    return { kind: 'manifest', file: value, text };
  }
  if (node.lang === 'sh' && name === 'script' && isFile)
    return { kind: 'script', file: value, text };
  throw contentError(
    { file, line: lineOf(node) },
    'A fence is one of: sh run, sh script=FILE, yaml manifest=FILE; or has nothing after its language.',
  );
}

function readLeaf(node: LeafDirective, file: string): Block {
  const place = { file, line: lineOf(node) };
  if (node.name !== 'figure')
    throw contentError(place, `There is no ::${node.name}, only ::figure.`);
  const attributes = new Attributes(node, place);
  const name = attributes.choice('name', figureNames);
  attributes.end();
  return { kind: 'figure', name, captionHtml: phrasingToHtml(node.children, file) };
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
      const after = attributes.optional('after');
      attributes.end();
      return { kind: 'prediction', command, ...(after && { after }), ...readAnswers(node, file) };
    }
    case 'real':
      attributes.end();
      return { kind: 'real', html: proseToHtml(node.children, file) };
    case 'help': {
      const degree = attributes.choice('degree', helpDegrees);
      attributes.end();
      return { kind: 'help', degree, html: proseToHtml(node.children, file) };
    }
    case 'checks':
      attributes.end();
      return { kind: 'checks', checks: readChecks(node, file) };
    default:
      throw contentError(
        place,
        `There is no :::${node.name}, only :::question, :::prediction, :::real, :::help and :::checks.`,
      );
  }
}

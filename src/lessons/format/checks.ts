import type { List, ListItem, Paragraph } from 'mdast';
import type { ContainerDirective } from 'mdast-util-directive';
import type { CheckWords } from '#lessons/lesson.ts';
import { type Place, contentError } from './content-error.ts';
import { lineOf, phrasingToHtml } from './markdown.ts';

const name = /^[a-z][a-z0-9-]*$/;

/**
 * The checks of a step: a list, each item a name in backquotes and what the reader is to reach. A list
 * in each has the reasons that the check may give, and what is then still missing.
 */
export function readChecks(node: ContainerDirective, file: string): CheckWords[] {
  const [list, ...more] = node.children;
  if (list?.type !== 'list' || more.length > 0) {
    throw contentError({ file, line: lineOf(node) }, 'checks is a list and nothing else.');
  }
  return named(list, file, (item) => item.children.slice(1)).map(({ id, html, rest, line }) => {
    const [reasons] = rest;
    if (!reasons) {
      throw contentError({ file, line }, `${id} has no words for what is still missing.`);
    }
    const entries = named(reasons as List, file, () => []).map((reason) => [
      reason.id,
      reason.html,
    ]);
    return { id, html, missing: Object.fromEntries(entries) as Record<string, string> };
  });
}

function named(list: List, file: string, restOf: (item: ListItem) => ListItem['children']) {
  const taken = new Set<string>();
  return list.children.map((item) => {
    const place = { file, line: lineOf(item) };
    const rest = restOf(item);
    if (rest.length > 1 || (rest[0] && rest[0].type !== 'list')) {
      throw contentError(place, 'After what is to be reached there can only be a list of reasons.');
    }
    const { id, html } = readNamed(item.children[0], place);
    if (taken.has(id)) throw contentError(place, `There are two called ${id}.`);
    taken.add(id);
    return { id, html, rest, line: place.line };
  });
}

function readNamed(content: ListItem['children'][number] | undefined, place: Place) {
  const [first, ...words] =
    content?.type === 'paragraph' ? (content satisfies Paragraph).children : [];
  if (first?.type !== 'inlineCode' || !name.test(first.value) || words.length === 0) {
    throw contentError(place, 'This begins with a name in backquotes, then says what it means.');
  }
  return { id: first.value, html: phrasingToHtml(words, place.file) };
}

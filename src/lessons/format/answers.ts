import type { ListItem, RootContent } from 'mdast';
import type { ContainerDirective } from 'mdast-util-directive';
import type { Answer } from '#lessons/lesson.ts';
import { contentError } from './content-error.ts';
import { lineOf, proseToHtml } from './markdown.ts';

/**
 * A question and its answers: prose, then a list of tasks, `[x]` the right ones, each with the
 * explanation as a paragraph of its own.
 */
export function readAnswers(
  node: ContainerDirective,
  file: string,
): { html: string; answers: Answer[] } {
  const place = { file, line: lineOf(node) };
  const list = node.children.at(-1);
  const question = node.children.slice(0, -1);
  if (list?.type !== 'list' || question.length === 0) {
    throw contentError(place, `A ${node.name} is prose and after it a list of answers.`);
  }
  const answers = list.children.map((item) => readAnswer(item, file));
  if (answers.length < 2) throw contentError(place, `A ${node.name} has two answers or more.`);
  if (!answers.some(({ right }) => right)) {
    throw contentError(place, 'None of the answers is right: mark one with [x].');
  }
  return { html: proseToHtml(question, file), answers };
}

function readAnswer(item: ListItem, file: string): Answer {
  const place = { file, line: lineOf(item) };
  const [answer, ...why] = item.children as RootContent[];
  if (typeof item.checked !== 'boolean' || !answer) {
    throw contentError(place, 'An answer begins with [x] if it is right, and with [ ] if not.');
  }
  if (why.length === 0) {
    throw contentError(place, 'An answer is followed by a paragraph that explains it.');
  }
  return {
    html: proseToHtml([answer], file),
    right: item.checked,
    whyHtml: proseToHtml(why, file),
  };
}

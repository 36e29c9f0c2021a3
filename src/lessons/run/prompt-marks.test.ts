import { expect, it } from 'vitest';
import { type PromptMark, PromptMarks } from './prompt-marks.ts';

function marksIn(...chunks: string[]): PromptMark[] {
  const marks: PromptMark[] = [];
  const scanner = new PromptMarks((mark) => marks.push(mark));
  for (const chunk of chunks) scanner.take(new TextEncoder().encode(chunk));
  return marks;
}

const output = 'ls\r\nä b\r\n\x1b]133;D;2\x07root@node-1:~# \x1b]133;B\x07';
const both: PromptMark[] = [{ kind: 'end', code: 2 }, { kind: 'prompt' }];

it('finds how a command ended and where the prompt does', () => {
  expect(marksIn(output)).toEqual(both);
});

it('finds marks wherever the output is cut', () => {
  for (let at = 0; at <= output.length; at++) {
    expect(marksIn(output.slice(0, at), output.slice(at))).toEqual(both);
  }
  expect(marksIn(...Array.from(output))).toEqual(both);
});

it('takes nothing else for a mark', () => {
  expect(marksIn('133;D;1', '\x1b]0;title\x07', '\x1b]133;D;1', 'x\x07', '\x1b]133;C\x07')).toEqual(
    [],
  );
});

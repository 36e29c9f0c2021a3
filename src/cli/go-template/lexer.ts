import { SandglassError } from '#base/errors.ts';

export type Piece = { type: 'text'; text: string } | { type: 'action'; tokens: string[] };

const token =
  /\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|\$\w*|\.[A-Za-z_]\w*|[-+]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|[A-Za-z_]\w*|:=|[.|(),=]/y;

/** Texts and actions; a dash beside the braces takes the white space there away. */
export function lex(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimsNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const end = open < 0 ? source.length : open;
    const trimsBefore = /^\{\{-\s/.test(source.slice(end, end + 4));
    let text = source.slice(at, end);
    if (trimsNext) text = text.trimStart();
    if (trimsBefore) text = text.trimEnd();
    if (text !== '') pieces.push({ type: 'text', text });
    if (open < 0) break;
    const action = readAction(source, open + (trimsBefore ? 3 : 2));
    if (action.tokens) pieces.push({ type: 'action', tokens: action.tokens });
    trimsNext = action.trimsAfter;
    at = action.end;
  }
  return pieces;
}

interface Action {
  /** Absent for a comment. */
  tokens: string[] | undefined;
  trimsAfter: boolean;
  end: number;
}

function readAction(source: string, start: number): Action {
  const comment = /\s*\/\*[^]*?\*\/(\s-)?\}\}/y;
  comment.lastIndex = start;
  const match = comment.exec(source);
  if (match) {
    return { tokens: undefined, trimsAfter: match[1] !== undefined, end: comment.lastIndex };
  }
  const tokens: string[] = [];
  for (let at = start; ;) {
    const close = /\s+-\}\}|\}\}/y;
    close.lastIndex = at;
    const closing = close.exec(source);
    if (closing) {
      return { tokens, trimsAfter: closing[0].length > 2, end: close.lastIndex };
    }
    token.lastIndex = at;
    const next = token.exec(source)?.[0];
    if (next === undefined) throw unexpected(source, at);
    // White space tells `.a .b` from `.a.b`.
    tokens.push(next.trim() === '' ? ' ' : next);
    at = token.lastIndex;
  }
}

function unexpected(source: string, at: number): SandglassError {
  const rest = source.slice(at);
  const what = rest === '' ? 'unclosed action' : `unexpected ${JSON.stringify(rest[0])} in command`;
  const line = source.slice(0, at).split('\n').length;
  return new SandglassError('invalid-argument', `template: output:${line}: ${what}`);
}

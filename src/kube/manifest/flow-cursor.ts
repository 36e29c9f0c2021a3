/** Where the end of an unfinished text between braces or brackets stands. */
export interface FlowPlace {
  /** From the text's own root. */
  path: (string | number)[];
  role: 'key' | 'value';
  /** What has been typed of the word. */
  word: string;
  siblings: ReadonlySet<string>;
  /** Within a quoted word. */
  isQuoted: boolean;
}

interface FlowMap {
  kind: 'map';
  keys: Set<string>;
  /** Set while its value is read. */
  key: string | undefined;
}

interface FlowList {
  kind: 'list';
  index: number;
}

/** Nothing for a text that is closed: whatever follows is not of it. Multi-line quoted words are read alike. */
export function flowPlaceAt(text: string): FlowPlace | undefined {
  const open: (FlowMap | FlowList)[] = [];
  let word = '';
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (sign === '"' || sign === "'") {
      const end = endOfQuoted(text, at);
      if (end === undefined) return placeOf(open, text.slice(at + 1), true);
      word = text.slice(at + 1, end);
      at = end;
      if (open.length === 0) return undefined;
    } else if (sign === '{' || sign === '[') {
      open.push(
        sign === '{'
          ? { kind: 'map', keys: new Set(), key: undefined }
          : { kind: 'list', index: 0 },
      );
      word = '';
    } else if (sign === '}' || sign === ']') {
      open.pop();
      word = '';
      if (open.length === 0) return undefined;
    } else if (sign === ',') {
      endItem(open.at(-1), word);
      word = '';
    } else if (sign === ':' && /^(\s|$)/.test(text.slice(at + 1)) && isAtKey(open.at(-1))) {
      beginValue(open.at(-1), word);
      word = '';
    } else if (word !== '' || !/\s/.test(sign)) {
      word += sign;
    }
  }
  return placeOf(open, word, false);
}

function endOfQuoted(text: string, begin: number): number | undefined {
  const quote = text[begin];
  for (let at = begin + 1; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return undefined;
}

function isAtKey(frame: FlowMap | FlowList | undefined): boolean {
  return frame?.kind === 'map' && frame.key === undefined;
}

function beginValue(frame: FlowMap | FlowList | undefined, word: string): void {
  if (frame?.kind !== 'map') return;
  frame.key = word.trim();
  frame.keys.add(frame.key);
}

function endItem(frame: FlowMap | FlowList | undefined, word: string): void {
  if (frame?.kind === 'list') frame.index += 1;
  if (frame?.kind !== 'map') return;
  if (frame.key === undefined && word.trim() !== '') frame.keys.add(word.trim());
  frame.key = undefined;
}

function placeOf(
  open: readonly (FlowMap | FlowList)[],
  word: string,
  isQuoted: boolean,
): FlowPlace {
  const top = open.at(-1);
  const steps = open.map((frame) => (frame.kind === 'list' ? frame.index : frame.key));
  const path = steps.filter((step) => step !== undefined);
  const role = isAtKey(top) ? 'key' : 'value';
  const siblings = top?.kind === 'map' ? top.keys : new Set<string>();
  return { path, role, word: word.trimStart(), siblings, isQuoted };
}

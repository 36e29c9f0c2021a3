import { type FlowPlace, flowPlaceAt } from './flow-cursor.ts';

/** A way from a document's root: a field's or key's name, or a list's index. */
export type ValuePath = readonly (string | number)[];

/** Where in a manifest somebody types. */
export interface CursorPlace {
  /** Of the mapping that a key is typed into, or of the value that is typed. */
  path: ValuePath;
  role: 'key' | 'value';
  /** Where the word begins that is being typed. */
  from: number;
  /** The column of the key, or of the key whose value it is. */
  column: number;
  /** Keys that the mapping has besides. */
  siblings: ReadonlySet<string>;
  /** Between braces or brackets, where no new line may follow. */
  isFlow: boolean;
}

interface MapFrame {
  kind: 'map';
  column: number;
  key: string;
  keys: Set<string>;
}

interface ListFrame {
  kind: 'list';
  column: number;
  index: number;
}

type Frame = MapFrame | ListFrame;

const keyPattern = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#&*!|>'"%@`{}[\],][^#]*?)\s*:(?=\s|$)/;
const blockScalarPattern = /^[|>][-+\d]*\s*(?:#.*)?$/;

/**
 * Reads a document up to a cursor by its indentation, line by line: what is being typed is seldom a document that a
 * parser reads. Nothing where there is nothing to complete: in a comment, a block of text, a quoted key.
 */
export function cursorPlace(text: string, cursor: number): CursorPlace | undefined {
  const { begin, end } = documentAt(text, cursor);
  const lines = new LineReader();
  let at = begin;
  for (;;) {
    const lineEnd = endOfLine(text, at);
    if (cursor <= lineEnd) break;
    lines.read(text.slice(at, lineEnd), at);
    at = lineEnd + 1;
  }
  const place = lines.placeIn(text, at, cursor);
  if (place?.role !== 'key' || place.isFlow) return place;
  const later = keysBelow(text.slice(endOfLine(text, cursor), end), place.column);
  return { ...place, siblings: new Set([...place.siblings, ...later]) };
}

/** The bounds of the document between `---` lines that a position lies in. */
export function documentAt(text: string, position: number): { begin: number; end: number } {
  let begin = 0;
  for (const match of text.matchAll(/^---(?=\s|$).*$/gm)) {
    if (match.index >= position) return { begin, end: match.index };
    begin = Math.min(match.index + match[0].length + 1, text.length);
  }
  return { begin, end: text.length };
}

/** The path of the mapping that holds what is typed, from what has been read of the lines above it. */
class LineReader {
  #frames: Frame[] = [];
  /** Lines that are deeper than this are text. */
  #scalarColumn: number | undefined;
  /** Where what is between brackets, and not closed yet, began. */
  #flow: { begin: number; text: string; path: ValuePath; column: number } | undefined;

  read(line: string, offset: number): void {
    if (this.#flow) {
      this.#flow.text += `\n${line}`;
      if (!flowPlaceAt(this.#flow.text)) this.#flow = undefined;
      return;
    }
    if (this.#isText(line)) return;
    const { rest, column } = this.#readDashes(line);
    if (rest === '' || rest.startsWith('#')) return;
    this.#readKey(rest, column, offset + column);
  }

  placeIn(text: string, lineBegin: number, cursor: number): CursorPlace | undefined {
    const head = text.slice(lineBegin, cursor);
    if (this.#flow) {
      const flow = flowPlaceAt(`${this.#flow.text}\n${head}`);
      return flow && this.#inFlow(this.#flow, flow, cursor);
    }
    if (this.#isText(head) && (head.trim() !== '' || this.#scalarHolds(head.length))) return;
    if (/(?:^|\s)#/.test(head)) return undefined;
    const { rest, column } = this.#readDashes(head);
    const key = keyPattern.exec(rest);
    if (!key && /^[{["']/.test(rest)) return this.#inline(rest, column, cursor);
    return key
      ? this.#placeOfValue(key, rest, column, cursor)
      : this.#placeOfKey(rest, column, cursor);
  }

  get #path(): (string | number)[] {
    return this.#frames.map((frame) => (frame.kind === 'map' ? frame.key : frame.index));
  }

  #scalarHolds(column: number): boolean {
    return this.#scalarColumn !== undefined && column > this.#scalarColumn;
  }

  #isText(line: string): boolean {
    if (line.trim() === '') return true;
    if (this.#scalarHolds(columnOf(line))) return true;
    this.#scalarColumn = undefined;
    return false;
  }

  /** Takes the dashes that a line begins with; what is left of it stands at `column`. */
  #readDashes(line: string): { rest: string; column: number } {
    let column = columnOf(line);
    let rest = line.slice(column);
    for (let dash = /^-(\s+|$)/.exec(rest); dash; dash = /^-(\s+|$)/.exec(rest)) {
      this.#leave((frame) => frame.column > column);
      const top = this.#frames.at(-1);
      if (top?.kind === 'list' && top.column === column) top.index += 1;
      else this.#frames.push({ kind: 'list', column, index: 0 });
      column += dash[0].length;
      rest = rest.slice(dash[0].length);
    }
    return { rest, column };
  }

  #leave(isLeft: (frame: Frame) => boolean): void {
    while (this.#frames.length > 0 && isLeft(this.#frames.at(-1) as Frame)) this.#frames.pop();
  }

  /** Goes up to the mapping whose keys stand at a column, or opens one. */
  #enterMap(column: number, key: string): MapFrame {
    this.#leave((one) => one.column > column || (one.column === column && one.kind === 'list'));
    const top = this.#frames.at(-1);
    if (top?.kind === 'map' && top.column === column) {
      top.key = key;
      return top;
    }
    const frame: MapFrame = { kind: 'map', column, key, keys: new Set() };
    this.#frames.push(frame);
    return frame;
  }

  #readKey(rest: string, column: number, offset: number): void {
    const match = keyPattern.exec(rest);
    if (!match) {
      this.#readValue(rest, column, offset);
      return;
    }
    const key = unquoted(match[1] ?? '');
    this.#enterMap(column, key).keys.add(key);
    const after = rest.slice(match[0].length);
    const value = after.trimStart();
    this.#readValue(value, column, offset + rest.length - value.length);
  }

  #readValue(value: string, column: number, offset: number): void {
    if (blockScalarPattern.test(value)) this.#scalarColumn = column;
    if (!/^[{["']/.test(value)) return;
    if (flowPlaceAt(value)) this.#flow = { begin: offset, text: value, path: this.#path, column };
  }

  #placeOfValue(
    key: RegExpExecArray,
    rest: string,
    column: number,
    cursor: number,
  ): CursorPlace | undefined {
    const frame = this.#enterMap(column, unquoted(key[1] ?? ''));
    const after = rest.slice(key[0].length);
    const value = after.trimStart();
    if (after === '' || blockScalarPattern.test(value)) return undefined;
    if (/^[{["']/.test(value)) return this.#inline(value, column, cursor);
    return {
      path: this.#path,
      role: 'value',
      from: cursor - value.length,
      column,
      siblings: frame.keys,
      isFlow: false,
    };
  }

  #placeOfKey(rest: string, column: number, cursor: number): CursorPlace {
    this.#leave((one) => one.column > column || (one.column === column && one.kind === 'list'));
    const top = this.#frames.at(-1);
    const isHere = top?.kind === 'map' && top.column === column;
    const path = isHere ? this.#path.slice(0, -1) : this.#path;
    const siblings = isHere ? top.keys : new Set<string>();
    return { path, role: 'key', from: cursor - rest.length, column, siblings, isFlow: false };
  }

  #inline(text: string, column: number, cursor: number): CursorPlace | undefined {
    const flow = flowPlaceAt(text);
    const path = this.#path;
    return flow && this.#inFlow({ path, column }, flow, cursor);
  }

  #inFlow(
    { path, column }: { path: ValuePath; column: number },
    { path: inner, role, word, siblings, isQuoted }: FlowPlace,
    cursor: number,
  ): CursorPlace | undefined {
    if (isQuoted) return undefined;
    const from = cursor - word.length;
    return { path: [...path, ...inner], role, from, column, siblings, isFlow: true };
  }
}

function keysBelow(text: string, column: number): string[] {
  const keys: string[] = [];
  for (const line of text.split('\n').slice(1)) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const own = columnOf(line);
    if (own < column) break;
    const match = own === column ? keyPattern.exec(line.slice(own)) : undefined;
    if (match) keys.push(unquoted(match[1] ?? ''));
  }
  return keys;
}

function columnOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function unquoted(key: string): string {
  return /^(['"]).*\1$/.test(key) ? key.slice(1, -1) : key;
}

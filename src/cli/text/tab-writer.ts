export interface TabWriterOptions {
  minWidth: number;
  padding: number;
  /** Columns stay as wide as they were before the last flush. */
  rememberWidths?: boolean;
}

/** What kubectl prints its tables with (cli-runtime, pkg/printers/tabwriter.go). */
export const tableOptions: TabWriterOptions = { minWidth: 6, padding: 3, rememberWidths: true };

/** What `describe` aligns its values with (kubectl, pkg/describe/describe.go, tabbedString). */
export const describeOptions: TabWriterOptions = { minWidth: 0, padding: 2 };

/**
 * Aligns cells that end in tabs, as Go's text/tabwriter: a column is a run of adjacent lines that have a
 * cell there, and the last cell of a line belongs to none.
 */
export class TabWriter {
  readonly #options: TabWriterOptions;
  #remembered: number[] = [];
  #text = '';

  constructor(options: TabWriterOptions) {
    this.#options = options;
  }

  write(text: string): void {
    this.#text += text;
  }

  /** What was written since the last flush, aligned. */
  flush(): string {
    const text = this.#text;
    this.#text = '';
    if (text === '') return '';
    const lines = text.split('\n').map((line) => line.split('\t'));
    const widths = lines.map((): number[] => []);
    this.#measure(lines, widths, 0, 0, lines.length);
    return lines
      .map((cells, at) => cells.map((cell, column) => pad(cell, widths[at]?.[column])).join(''))
      .join('\n');
  }

  /** Forgets the widths of before. */
  reset(): void {
    this.#remembered = [];
  }

  /** Gives the lines from `start` to `end`, which agree in all columns to the left, their widths. */
  #measure(
    lines: readonly string[][],
    widths: number[][],
    column: number,
    start: number,
    end: number,
  ): void {
    const hasCell = (at: number) => at < end && column < (lines[at]?.length ?? 0) - 1;
    for (let at = start; at < end; at++) {
      if (!hasCell(at)) continue;
      const first = at;
      let width = this.#options.minWidth;
      for (; hasCell(at); at++) {
        const cell = lines[at]?.[column] ?? '';
        width = Math.max(width, lengthOf(cell) + this.#options.padding);
      }
      width = this.#remember(column, width);
      for (let line = first; line < at; line++) widths[line]?.push(width);
      this.#measure(lines, widths, column + 1, first, at);
    }
  }

  #remember(column: number, width: number): number {
    if (!this.#options.rememberWidths) return width;
    const widest = Math.max(width, this.#remembered[column] ?? 0);
    this.#remembered[column] = widest;
    return widest;
  }
}

/** In code points, which Go counts as well. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function pad(cell: string, width: number | undefined): string {
  return width === undefined ? cell : cell + ' '.repeat(width - lengthOf(cell));
}

/** Aligns one text. */
export function aligned(text: string, options: TabWriterOptions): string {
  const writer = new TabWriter(options);
  writer.write(text);
  return writer.flush();
}

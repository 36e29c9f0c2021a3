import { TabWriter } from '#cli/text/tab-writer.ts';
import type { TextOutput } from '#cli/text/io.ts';

const clearScreen = '\x1b[2J\x1b[H';

/** A table (crictl, display.go). */
export class Display {
  readonly #out: TextOutput;
  readonly #writer: TabWriter;

  constructor(out: TextOutput, { minWidth = 20 }: { minWidth?: number } = {}) {
    this.#out = out;
    this.#writer = new TabWriter({ minWidth, padding: 3 });
  }

  addRow(cells: readonly string[]): void {
    this.#writer.write(`${cells.join('\t')}\n`);
  }

  clearScreen(): Promise<void> {
    return this.#out.write(clearScreen);
  }

  flush(): Promise<void> {
    return this.#out.write(this.#writer.flush());
  }
}

const truncatedLength = 13;

export function truncatedId(id: string, prefix = ''): string {
  const bare = id.startsWith(prefix) ? id.slice(prefix.length) : id;
  return bare.slice(0, truncatedLength);
}

/** Lines kept to go with a panic: the register dump and call trace are about 40. */
const keptLines = 60;
/** A console line longer than this is not the kernel's. */
const longestLine = 1024;

const panicStart = /Kernel panic - not syncing: (.*)/;
const panicEnd = /---\[ end Kernel panic/;

export interface GuestPanic {
  message: string;
  lastLines: string[];
}

/**
 * Reads the serial console for a kernel panic (kernel/panic.c). The message comes first, the trace
 * after it, and last a line that ends it; `onPanic` is called with all of that at the end line.
 */
export class PanicWatch {
  readonly #onPanic: (panic: GuestPanic) => void;
  readonly #decoder = new TextDecoder('latin1');
  readonly #lines: string[] = [];
  #line = '';
  #message: string | undefined;
  #reported = false;

  constructor(onPanic: (panic: GuestPanic) => void) {
    this.#onPanic = onPanic;
  }

  /** A panic has begun whose end was not seen yet. */
  get pending(): boolean {
    return this.#message !== undefined && !this.#reported;
  }

  get lastLines(): readonly string[] {
    return this.#lines;
  }

  feed(bytes: Uint8Array): void {
    const parts = this.#decoder.decode(bytes, { stream: true }).split('\n');
    this.#line = (this.#line + (parts.shift() ?? '')).slice(0, longestLine);
    for (const part of parts) {
      this.#endLine();
      this.#line = part.slice(0, longestLine);
    }
  }

  /** Reports a panic whose end never came: the console may have been silenced. */
  reportPending(): void {
    if (this.#message === undefined || this.#reported) return;
    this.#reported = true;
    this.#onPanic({ message: this.#message, lastLines: [...this.#lines] });
  }

  #endLine(): void {
    const line = this.#line.replace(/\r$/, '');
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    const start = panicEnd.test(line) ? null : panicStart.exec(line);
    if (start) this.#message ??= start[1] ?? '';
    else if (panicEnd.test(line)) this.reportPending();
  }
}

import type { Clock } from '#base/clock.ts';

/** Lines kept to go with a panic: the register dump and call trace are about 40. */
const keptLines = 60;
/** A console line longer than this is not the kernel's. */
const longestLine = 1024;
/** Milliseconds after a panic's first line in which its last is awaited: the console may have been silenced. */
const traceTime = 2000;
/** Milliseconds after its last line in which the machine may still turn out to live. */
const confirmationTime = 300;
/** Slices of the CPU that must have been looked at by then: a busy host may have run fewer. */
const leastSlices = 20;

/** With the time that printk puts before (CONFIG_PRINTK_TIME); what a program left unfinished may come before that. */
const panicStart = /\[ *\d+\.\d{6}\] Kernel panic - not syncing: (.*)/;
const panicEnd = /\[ *\d+\.\d{6}\] ---\[ end Kernel panic/;

export interface GuestPanic {
  message: string;
  lastLines: string[];
}

export interface PanicWatchOptions {
  clock: Clock;
  /** Whether the CPU now waits for an interrupt or runs a program: after a panic it never does. */
  isAlive: () => boolean;
  /** Called once, between slices. */
  onPanic: (panic: GuestPanic) => void;
}

/** What the console says, to be confirmed. */
interface Claim {
  message: string;
  slices: number;
}

/**
 * Reads the serial console for a kernel panic (kernel/panic.c): its message, a trace, and last a line that ends it.
 * Anything can be written to a console, so that the machine must bear it out: a kernel that has panicked spins
 * with `panic=0`, and neither halts the CPU nor goes back to a program.
 */
export class PanicWatch {
  readonly #options: PanicWatchOptions;
  readonly #decoder = new TextDecoder('latin1');
  readonly #lines: string[] = [];
  #line = '';
  #claim: Claim | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: PanicWatchOptions) {
    this.#options = options;
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

  afterSlice(): void {
    if (!this.#claim) return;
    this.#claim.slices += 1;
    if (this.#options.isAlive()) this.close();
  }

  close(): void {
    this.#claim = undefined;
    this.#cancelTimer?.();
  }

  #endLine(): void {
    const line = this.#line.replace(/\r$/, '');
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    const message = panicStart.exec(line)?.[1];
    if (message !== undefined && !this.#claim) {
      this.#claim = { message, slices: 0 };
      this.#reportAfter(traceTime);
    } else if (this.#claim && panicEnd.test(line)) {
      this.#reportAfter(confirmationTime);
    }
  }

  #reportAfter(milliseconds: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.schedule(milliseconds, () => {
      if (!this.#claim) return;
      const { message, slices } = this.#claim;
      if (slices < leastSlices) this.#reportAfter(confirmationTime);
      else this.#options.onPanic({ message, lastLines: [...this.#lines] });
    });
  }
}

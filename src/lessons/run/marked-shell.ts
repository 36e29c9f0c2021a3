import { Deferred } from '#base/deferred.ts';
import { SandglassError, throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { ReaderShell } from '#lessons/ports.ts';
import { PromptMarks } from './prompt-marks.ts';

/**
 * To the end of the line, and all of it away: what the reader had begun to type comes back by Ctrl+Y (readline(3),
 * end-of-line and unix-line-discard).
 */
const killLine = '\x05\x15';

/** A shell in a terminal, of which the prompts are known by the marks in its output. */
export class MarkedShell implements ReaderShell {
  readonly #send: (text: string) => void;
  readonly #marks = new PromptMarks((mark) => {
    if (mark.kind === 'end') this.#code = mark.code;
    else this.#onPrompt();
  });
  #code = 0;
  #waiting = false;
  #next = new Deferred<number>();
  /** Of the lines that are typed one at a time, the last: whoever comes next waits for its end. */
  #last: Promise<unknown> = Promise.resolve();
  /** How the last shell here was lost. */
  #lost: { reason: SandglassError } | undefined;

  /** `send` is given what is typed. */
  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Whether the shell waits for a line. */
  get waits(): boolean {
    return this.#waiting;
  }

  /** Takes what the shell has written, in order. */
  takeOutput(bytes: Uint8Array): void {
    this.#marks.take(bytes);
  }

  /** The shell is gone; who waits for its prompt need not, and what was to be typed in it is not typed in the next. */
  lose(reason: SandglassError): void {
    this.#waiting = false;
    this.#lost = { reason };
    this.#next.reject(reason);
    this.#next = new Deferred();
  }

  async atPrompt(signal: AbortSignal): Promise<void> {
    while (!this.#waiting) await untilAborted(this.#next.promise, signal);
  }

  run(line: string, signal: AbortSignal): Promise<number> {
    return this.#inTurn(signal, async () => {
      await this.#enter(line, signal);
      return untilAborted(this.#next.promise, signal);
    });
  }

  begin(line: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(signal, () => this.#enter(line, signal));
  }

  /** What ends a line leaves the prompt, whoever types it. */
  type(text: string): void {
    if (/[\r\n\x03\x04]/.test(text)) this.#waiting = false;
    this.#send(text);
  }

  /** One after another: two lines at one prompt would be one. */
  #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lost = this.#lost;
    const result = this.#last.then(() => {
      if (this.#lost && this.#lost !== lost) throw this.#lost.reason;
      return work();
    });
    this.#last = result.catch(() => undefined);
    return untilAborted(result, signal);
  }

  async #enter(line: string, signal: AbortSignal): Promise<void> {
    if (line.includes('\n')) {
      throw new SandglassError('invalid-argument', 'A line that is typed has no line breaks.');
    }
    await this.atPrompt(signal);
    throwIfCancelled(signal);
    this.type(`${killLine}${line}\r`);
  }

  #onPrompt(): void {
    this.#waiting = true;
    const over = this.#next;
    this.#next = new Deferred();
    over.resolve(this.#code);
  }
}

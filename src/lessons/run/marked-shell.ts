import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { ReaderShell } from '#lessons/ports.ts';
import { PromptMarks } from './prompt-marks.ts';

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

  /** The shell is gone; who waits for its prompt need not. */
  lose(reason: SandglassError): void {
    this.#waiting = false;
    this.#next.reject(reason);
    this.#next = new Deferred();
  }

  async atPrompt(signal: AbortSignal): Promise<void> {
    while (!this.#waiting) await untilAborted(this.#next.promise, signal);
  }

  async run(line: string, signal: AbortSignal): Promise<number> {
    await this.atPrompt(signal);
    if (line.includes('\n')) {
      throw new SandglassError('invalid-argument', 'A line that is typed has no line breaks.');
    }
    this.type(`${line}\r`);
    return untilAborted(this.#next.promise, signal);
  }

  /** What ends a line leaves the prompt, whoever types it. */
  type(text: string): void {
    if (/[\r\n\x03\x04]/.test(text)) this.#waiting = false;
    this.#send(text);
  }

  #onPrompt(): void {
    this.#waiting = true;
    const over = this.#next;
    this.#next = new Deferred();
    over.resolve(this.#code);
  }
}

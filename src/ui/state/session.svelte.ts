import { BytePort } from '#base/byte-port.ts';
import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import { MarkedShell } from '#lessons/run/marked-shell.ts';
import type { ProcessEnd } from '#rpc/contracts.ts';
import type { Screen } from '#ui/ports.ts';
import { words } from '#ui/words/words.ts';
import type { Program, RunningProgram } from './programs.ts';
import { ScreenLink } from './screen-link.ts';
import { screenText, terminalReset } from './screen-text.ts';
import { endInWords, errorInWords } from './words.ts';

/** `waiting` for a machine or a screen, `opening`, `open`, `ended`: nothing runs, Enter begins anew. */
export type SessionState = 'waiting' | 'opening' | 'open' | 'ended';

export interface SessionOptions {
  id: number;
  title: string;
  program: Program;
  clock: Clock;
  /** The program's first output is on the screen. */
  onFirstOutput?: () => void;
  /** The reader has typed something. */
  onTyped?: () => void;
  /** The reader is done with an ended session. */
  onLeave?: () => void;
}

/** How long a shell's end waits for what may still come: output, or the news of the machine's end. In milliseconds. */
const lastWords = 500;

const controlD = '\x04';

/** One tab: a screen, and the program that runs on it now. */
export class Session {
  readonly id: number;
  readonly title: string;
  readonly kind: Program['kind'];
  /** What it runs, as a reader would type it; nothing where its title says it all. */
  readonly command: string | undefined;
  /** The shell of a session that has one, and its prompts. */
  readonly shell = new MarkedShell((text) => {
    this.#onTyped(text);
  });
  /** The next key typed is a control character, as if Ctrl were held (the key bar's Ctrl). */
  controlNext = $state(false);
  readonly #options: SessionOptions;
  readonly #encoder = new TextEncoder();
  #state = $state<SessionState>('waiting');
  #screen: Screen | undefined;
  #link: ScreenLink | undefined;
  #running: RunningProgram | undefined;
  #wanted = false;
  #closed = false;
  /** Why its program was lost, as last told on the screen; none since one was begun. */
  #lossTold: string | undefined;
  /** What may still be said of the last program's end. */
  #afterwards = new AbortController();
  /** Counts the programs run here, so that a late answer for an earlier one is known as such. */
  #run = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.title = options.title;
    this.kind = options.program.kind;
    this.command = options.program.command;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** What the screen shows and has scrolled past, without trailing blank lines. */
  get text(): string {
    return this.#screen ? screenText(this.#screen) : '';
  }

  get size(): TerminalSize | undefined {
    return this.#screen && sizeOf(this.#screen);
  }

  /** Gives the session the screen it keeps until it is closed. */
  attach(screen: Screen): void {
    this.#screen = screen;
    screen.onData((text) => {
      this.shell.type(text);
    });
    screen.onBinary((bytes) => {
      this.#send(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
    });
    screen.onResize(() => {
      this.#running?.resize(sizeOf(screen));
    });
    if (this.#wanted) this.open();
  }

  /** Runs the program, as soon as there is a screen. */
  open(): void {
    const screen = this.#screen;
    this.#wanted = true;
    if (!screen || this.#closed || this.#state === 'opening' || this.#state === 'open') return;
    this.#state = 'opening';
    this.#lossTold = undefined;
    this.#afterwards.abort();
    // What begins now is to be seen, wherever the reader had scrolled to.
    screen.scrollToBottom();
    if (this.command !== undefined) screen.write(`\x1b[90m$ ${this.command}\x1b[39m\r\n`);
    this.#run += 1;
    void this.#runProgram(screen, this.#run);
  }

  /** The machine is gone, and the program with it. */
  lose(reason: string): void {
    this.#wanted = false;
    this.#afterwards.abort();
    if (this.kind === 'container') {
      // Its container is gone with the machine: there is nothing that it could go on with.
      if (this.#state !== 'ended') this.#end(`${reason} ${this.#endedHelp}`);
      return;
    }
    if (this.#state === 'opening' || this.#state === 'open') this.#finish(reason);
    // After a crash comes how the machine began anew.
    else if (this.#lossTold !== undefined && this.#lossTold !== reason) this.#tell(reason);
    else return;
    this.#lossTold = reason;
    this.#state = 'waiting';
  }

  /** Sends what the reader typed elsewhere than on the screen. */
  type(text: string): void {
    this.shell.type(text);
  }

  /** Undoes what output has set on the screen, as reset(1) does. */
  reset(): void {
    this.#screen?.write(terminalReset);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#afterwards.abort();
    this.#run += 1;
    this.#running?.close();
    this.#release();
  }

  async #runProgram(screen: Screen, run: number): Promise<void> {
    const { near, far } = BytePort.pair();
    const link = new ScreenLink(near, screen, {
      onFirstOutput: this.#options.onFirstOutput,
      onOutput: (bytes) => {
        // A container could write the marks of a prompt, and be given what was meant for the node.
        if (this.kind === 'shell') this.shell.takeOutput(bytes);
      },
    });
    this.#link = link;
    try {
      const size = sizeOf(screen);
      const running = await this.#options.program.connect(far, size);
      running.end.catch(() => undefined);
      if (run !== this.#run) {
        running.close();
        link.dispose();
        return;
      }
      this.#running = running;
      this.#state = 'open';
      if (screen.cols !== size.columns || screen.rows !== size.rows) running.resize(sizeOf(screen));
      const end = await running.end;
      await this.#lastOutput(link);
      if (run !== this.#run) return;
      this.#end(words.terminal.endedSo(this.#inWords(end), this.#endedHelp));
      await this.#tellAftermath(running);
    } catch (error) {
      link.dispose();
      // A machine that went away is told of through lose(), with a better reason.
      if (asSandglassError(error).code === 'unavailable')
        await sleep(this.#options.clock, lastWords);
      if (run === this.#run)
        this.#end(words.terminal.failedSo(errorInWords(error), this.#endedHelp));
    }
  }

  async #lastOutput(link: ScreenLink): Promise<void> {
    const abort = new AbortController();
    const tooLong = sleep(this.#options.clock, lastWords, abort.signal).catch(() => undefined);
    await Promise.race([link.drained.catch(() => undefined), tooLong]);
    abort.abort();
  }

  async #tellAftermath({ aftermath }: RunningProgram): Promise<void> {
    const over = new AbortController();
    this.#afterwards = over;
    const said = await aftermath?.(over.signal);
    if (said !== undefined && !over.signal.aborted) this.#tell(said);
  }

  #inWords(end: ProcessEnd): string {
    const how = endInWords(end);
    return this.kind === 'container' ? words.containers.kubectlEnded(how) : how;
  }

  get #endedHelp(): string {
    return this.kind === 'container' ? words.containers.again : words.terminal.then[this.kind];
  }

  #end(message: string): void {
    this.#finish(message);
    this.#state = 'ended';
  }

  /** Puts the screen into a state that the next program can begin from. */
  #finish(message: string): void {
    this.#run += 1;
    this.#release();
    this.#screen?.write(`${terminalReset}\r\n`);
    this.#tell(message);
  }

  #tell(message: string): void {
    this.#screen?.write(`\x1b[90m[${message.replaceAll(/\p{Cc}/gu, ' ')}]\x1b[39m\r\n`);
  }

  #release(): void {
    this.shell.lose(new SandglassError('unavailable', words.terminal.noShell));
    this.#link?.dispose();
    this.#link = undefined;
    this.#running = undefined;
  }

  #onTyped(text: string): void {
    this.#options.onTyped?.();
    if (this.#state === 'ended') {
      if (text === '\r') this.open();
      else if (text === controlD) this.#options.onLeave?.();
      return;
    }
    this.#send(this.#encoder.encode(this.#withControl(text)));
  }

  #withControl(text: string): string {
    if (!this.controlNext) return text;
    this.controlNext = false;
    const code = text.toUpperCase().charCodeAt(0);
    return text.length === 1 && code >= 0x3f && code <= 0x5f
      ? String.fromCharCode((code - 0x40) & 0x7f)
      : text;
  }

  #send(bytes: Uint8Array): void {
    void this.#link?.send(bytes);
  }
}

function sizeOf(screen: Screen): TerminalSize {
  return { columns: screen.cols, rows: screen.rows };
}

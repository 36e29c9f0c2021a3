import type { Clock } from '#base/clock.ts';
import { quote } from '#kube/go-text.ts';
import { formatTime } from '#kube/time.ts';
import type { TextOutput } from '#cli/text/io.ts';

export type Level = 'debug' | 'info' | 'warning' | 'error' | 'fatal';

/** On a terminal (logrus, text_formatter.go, printColored). */
const colours: Readonly<Record<Level, number>> = {
  debug: 37,
  info: 36,
  warning: 33,
  error: 31,
  fatal: 31,
};

/** What crictl says besides its output, as logrus' text formatter writes it. */
export class Log {
  /** Whether `debug` is heard. */
  isVerbose = false;
  readonly #out: TextOutput;
  readonly #clock: Clock;
  readonly #onTerminal: boolean;
  readonly #begun: number;

  constructor(out: TextOutput, clock: Clock, onTerminal: boolean) {
    this.#out = out;
    this.#clock = clock;
    this.#onTerminal = onTerminal;
    this.#begun = clock.now();
  }

  debug(message: string): Promise<void> {
    return this.isVerbose ? this.#write('debug', message) : Promise.resolve();
  }

  info(message: string): Promise<void> {
    return this.#write('info', message);
  }

  warn(message: string): Promise<void> {
    return this.#write('warning', message);
  }

  error(message: string): Promise<void> {
    return this.#write('error', message);
  }

  fatal(message: string): Promise<void> {
    return this.#write('fatal', message);
  }

  async #write(level: Level, message: string): Promise<void> {
    await this.#out.line(
      this.#onTerminal ? this.#coloured(level, message) : this.#plain(level, message),
    );
  }

  #plain(level: Level, message: string): string {
    const time = formatTime(this.#clock.wallTime());
    return `time="${time}" level=${level} msg=${quotedIfNeeded(message)}`;
  }

  #coloured(level: Level, message: string): string {
    const name = level.toUpperCase().slice(0, 4);
    const seconds = Math.floor((this.#clock.now() - this.#begun) / 1000);
    const text = message.replace(/\n$/, '').padEnd(44);
    return `\x1b[${colours[level]}m${name}\x1b[0m[${String(seconds).padStart(4, '0')}] ${text} `;
  }
}

function quotedIfNeeded(text: string): string {
  return /^[\w\-./@^+]*$/.test(text) ? text : quote(text);
}

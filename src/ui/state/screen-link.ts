import type { BytePort } from '#base/byte-port.ts';
import { asSandglassError } from '#base/errors.ts';
import type { Screen } from '#ui/ports.ts';

/**
 * Bytes handed to the screen and not parsed yet. xterm.js parses 5 to 35 MB a second
 * (xtermjs.org/docs/guides/flowcontrol), so that the high mark is at most 25 ms of work: what a
 * Ctrl+C waits for on this side. Above it nothing is read, and the guest is given no credit.
 */
export const watermarks = { high: 128 << 10, low: 32 << 10 } as const;

export interface ScreenLinkOptions {
  /** The first output is on the screen. */
  onFirstOutput?: (() => void) | undefined;
  /** Told of all output, once it is on the screen. */
  onOutput?: (bytes: Uint8Array) => void;
}

/** Joins a byte stream and a screen both ways, no faster than either keeps up, losing nothing. */
export class ScreenLink {
  /** Resolves when the stream has ended and all of it is on the screen; rejects with what it failed of. */
  readonly drained: Promise<void>;
  readonly #port: BytePort;
  readonly #screen: Screen;
  readonly #onFirstOutput: () => void;
  readonly #onOutput: (bytes: Uint8Array) => void;
  readonly #abort = new AbortController();
  #unparsed = 0;
  #wake: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(
    port: BytePort,
    screen: Screen,
    { onFirstOutput = () => undefined, onOutput = () => undefined }: ScreenLinkOptions = {},
  ) {
    this.#port = port;
    this.#screen = screen;
    this.#onFirstOutput = onFirstOutput;
    this.#onOutput = onOutput;
    this.drained = this.#show();
    // Whoever cares awaits it; nobody else needs to hear.
    this.drained.catch(() => undefined);
  }

  /** Bytes on their way to the screen; for tests. */
  get unparsed(): number {
    return this.#unparsed;
  }

  /** Sends bytes after those sent before. Resolves when the other side had room for them. */
  send(bytes: Uint8Array): Promise<void> {
    this.#sending = this.#sending
      .then(() => this.#port.outgoing.write(bytes, this.#abort.signal))
      .catch((error: unknown) => {
        // A closed stream: its end is told by the session, and what is typed after it has no use.
        if (asSandglassError(error).code === 'internal') throw error;
      });
    return this.#sending;
  }

  /** Neither reads nor sends any more. */
  dispose(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#port.incoming.cancel();
    this.#port.outgoing.end();
    this.#wake?.();
  }

  async #show(): Promise<void> {
    const { incoming } = this.#port;
    let first = true;
    for (let chunk = await incoming.read(); chunk; chunk = await incoming.read()) {
      if (this.#abort.signal.aborted) return;
      const { length } = chunk;
      const announce = first;
      first = false;
      this.#unparsed += length;
      this.#screen.write(chunk, () => {
        this.#unparsed -= length;
        if (announce) this.#onFirstOutput();
        this.#onOutput(chunk);
        if (this.#unparsed <= watermarks.low) this.#wake?.();
      });
      if (this.#unparsed > watermarks.high) await this.#parsedDownTo(watermarks.low);
    }
    await this.#parsedDownTo(0);
  }

  async #parsedDownTo(mark: number): Promise<void> {
    while (this.#unparsed > mark && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

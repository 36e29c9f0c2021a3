import type { BytePort } from '#base/byte-port.ts';
import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { ProcessEnd } from '#rpc/contracts.ts';

/** The end of a prompt (lessons/run/prompt-marks.ts). */
const promptMark = '\x1b]133;B\x07';

/** A terminal's far end for tests: echoes, knows a few commands, and remembers every byte it was sent. */
export class FakeShell {
  size: TerminalSize;
  /** Sizes it was told, the first included. */
  readonly sizes: TerminalSize[];
  readonly #port: BytePort;
  readonly #onEnd: (end: ProcessEnd) => void;
  readonly #prompt: string;
  readonly #received: Uint8Array[] = [];
  readonly #decoder = new TextDecoder();
  #line = '';
  /** Keeps quiet about what it gets. */
  #silent = false;

  /** Of another program than the node's shell the prompt says which; it has the mark too, as anybody could write it. */
  constructor(
    port: BytePort,
    size: TerminalSize,
    onEnd: (end: ProcessEnd) => void,
    program?: string,
  ) {
    this.#prompt = `${program === undefined ? 'root@node-1:~#' : `${program}>`} ${promptMark}`;
    this.#port = port;
    this.size = size;
    this.sizes = [size];
    this.#onEnd = onEnd;
    void this.#run();
  }

  get received(): Uint8Array {
    return concatBytes(this.#received);
  }

  get receivedText(): string {
    return new TextDecoder().decode(this.received);
  }

  resize(size: TerminalSize): void {
    this.size = size;
    this.sizes.push(size);
  }

  say(text: string): Promise<void> {
    return this.#port.outgoing.write(new TextEncoder().encode(text));
  }

  fail(error: SandglassError): void {
    this.#port.fail(error);
  }

  end(how: ProcessEnd): void {
    this.#port.outgoing.end();
    this.#onEnd(how);
  }

  async #run(): Promise<void> {
    try {
      await this.say(this.#prompt);
      const { incoming } = this.#port;
      for (let chunk = await incoming.read(); chunk; chunk = await incoming.read()) {
        this.#received.push(chunk);
        if (this.#silent) continue;
        for (const character of this.#decoder.decode(chunk, { stream: true })) {
          await this.#type(character);
        }
      }
    } catch (error) {
      if (!(error instanceof SandglassError)) throw error;
    }
  }

  async #type(character: string): Promise<void> {
    if (character === '\r') {
      const line = this.#line;
      this.#line = '';
      await this.say('\r\n');
      await this.#execute(line.trim());
    } else if (character === '\x7f') {
      this.#line = this.#line.slice(0, -1);
      await this.say('\b \b');
    } else if (character === '\x05') {
      // The cursor is at the line's end already.
    } else if (character === '\x15') {
      await this.say('\b \b'.repeat(this.#line.length));
      this.#line = '';
    } else if (character >= ' ') {
      this.#line += character;
      await this.say(character);
    } else {
      await this.say(`^${String.fromCharCode(character.charCodeAt(0) + 64)}`);
    }
  }

  async #execute(line: string): Promise<void> {
    const [command, ...words] = line.split(' ');
    switch (command) {
      case 'exit':
        this.end({ kind: 'exited', code: Number(words[0] ?? 0) });
        return;
      case 'kill':
        this.end({ kind: 'killed', signal: 'SIGKILL' });
        return;
      case 'size':
        await this.say(`${this.size.columns} by ${this.size.rows}\r\n`);
        break;
      case 'seq':
        for (let number = 1; number <= Number(words[0]); number += 1)
          await this.say(`${number}\r\n`);
        break;
      case 'swallow':
        // Bracketed paste, as real shells ask for; nothing is echoed any more.
        this.#silent = true;
        await this.say('\x1b[?2004hready');
        return;
      case 'print':
        await this.say(`${words.join(' ').replaceAll('\\e', '\x1b')}\x1b[0m\r\n`);
        break;
      case '':
      case undefined:
        break;
      default:
        await this.say(`${command}: not found\r\n`);
    }
    await this.say(this.#prompt);
  }
}

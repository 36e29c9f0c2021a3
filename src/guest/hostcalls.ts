import { type SignalName, signalName, signals } from '#abi/signals.ts';
import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { Emitter, type Unsubscribe } from '#base/emitter.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { Channel } from './channel.ts';
import { GuestFiles } from './files.ts';
import type { Link } from './link.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { type PayloadReader, PayloadWriter } from './payload.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import { control, kind } from './protocol.ts';

export interface HostcallTerminal {
  /** The size now. */
  readonly size: TerminalSize;
  /** Which of the standard streams are it. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  onResize(listener: (size: TerminalSize) => void): Unsubscribe;
  /** Keys as they are pressed, without echo and without signals. Undone by itself in the end. */
  setRaw(raw: boolean): void;
}

/** A command that somebody on the node has called, and that is served here. */
export interface Hostcall {
  /** With the name that it was called by first. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly credentials: { pid: number; uid: number; gid: number };
  /** What is not read here stays for others who share the stream. */
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  readonly terminal: HostcallTerminal | undefined;
  /** The caller's files: its root directory and mounts; relative paths start where it was called. */
  readonly files: GuestFiles;
  /** Fires when the caller is gone, or has sent a signal that nobody listens for. */
  readonly signal: AbortSignal;
  /** Signals to the caller. Without a listener SIGINT, SIGTERM, SIGHUP and SIGQUIT end the call. */
  onSignal(listener: (signal: SignalName) => void): Unsubscribe;
}

/** Returns the exit code, or the signal by which the caller shall be seen to have died. */
export type HostcallHandler = (call: Hostcall) => Promise<number | { signal: SignalName }>;

/** The exit code of a command that failed without one of its own. */
const failureCode = 1;
const fatal: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

export interface HostcallService {
  /** Resolves when it serves no more; rejects if the agent went first. */
  readonly closed: Promise<void>;
  /** Takes no more calls; those under way go on. */
  close(): void;
}

/** Serves the node's commands that are links to `hostcall`, one service for each link. */
export class Hostcalls {
  readonly #link: Link;
  readonly #handlers = new Map<number, HostcallHandler>();

  constructor(link: Link) {
    this.#link = link;
    link.onGuestOpen(kind.hostcall, (channel, payload) => {
      const handler = this.#handlers.get(payload.u32());
      if (handler) void new Call(link, channel, payload).serve(handler);
      else channel.close();
    });
  }

  async serve(handler: HostcallHandler, signal?: AbortSignal): Promise<HostcallService> {
    const attempt = 'Cannot serve the commands of the node';
    const channel = this.#link.open(kind.serveHostcalls, new PayloadWriter(), { attempt, signal });
    this.#handlers.set(channel.id, handler);
    const forget = () => this.#handlers.delete(channel.id);
    channel.ended.then(forget, forget);
    await channel.reply;
    return {
      closed: channel.ended,
      close: () => {
        channel.close();
      },
    };
  }
}

class Call implements Hostcall {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly credentials: { pid: number; uid: number; gid: number };
  readonly stdin: ByteSource;
  readonly stdout: OutgoingStream;
  readonly stderr: OutgoingStream;
  readonly terminal: HostcallTerminal | undefined;
  readonly files: GuestFiles;
  readonly #channel: Channel;
  readonly #gone = new AbortController();
  readonly #signals = new Emitter<SignalName>();
  readonly #sizes = new Emitter<TerminalSize>();
  #size: TerminalSize;
  /** The signal that ended it. */
  #killedBy: SignalName | undefined;

  constructor(link: Link, channel: Channel, payload: PayloadReader) {
    this.#channel = channel;
    this.credentials = { pid: payload.u32(), uid: payload.u32(), gid: payload.u32() };
    const terminals = payload.u32();
    this.#size = { columns: payload.u16(), rows: payload.u16() };
    this.cwd = payload.string();
    this.argv = payload.strings();
    this.env = Object.fromEntries(
      payload.strings().map((variable) => {
        const [name = '', ...value] = variable.split('=');
        return [name, value.join('=')];
      }),
    );
    this.files = new GuestFiles(link, { rootOf: this.credentials.pid, directory: this.cwd });
    this.stdin = lazySource(() => channel.incoming(0, 'Cannot read the standard input'));
    this.stdout = channel.outgoing(1);
    this.stderr = channel.outgoing(2);
    this.terminal = terminals === 0 ? undefined : this.#terminal(terminals);
    channel.onControl = (code, frame) => {
      this.#onControl(code, frame);
    };
    const leave = (error?: unknown) => {
      this.#gone.abort(error);
    };
    channel.ended.then(() => {
      leave(new SandglassError('cancelled', 'The command was ended by its caller.'));
    }, leave);
    channel.accept();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  onSignal(listener: (signal: SignalName) => void): Unsubscribe {
    return this.#signals.listen(listener);
  }

  /** Runs the handler to its end and hands its exit code over, after all that it wrote. */
  async serve(handler: HostcallHandler): Promise<void> {
    let end: number | { signal: SignalName };
    try {
      end = await handler(this);
    } catch (thrown) {
      end = failureCode;
      if (!this.#gone.signal.aborted) await this.#complain(thrown);
    }
    if (this.#killedBy) end = { signal: this.#killedBy };
    this.stdout.end();
    this.stderr.end();
    const payload = new PayloadWriter();
    if (typeof end === 'number') this.#channel.control(control.exit, payload.u32(end & 0xff));
    else this.#channel.control(control.die, payload.u32(signals[end.signal]));
  }

  /** A command says why it failed; that it failed to say so, nobody can be told. */
  async #complain(thrown: unknown): Promise<void> {
    const name = this.argv[0]?.split('/').at(-1) ?? 'hostcall';
    const line = `${name}: ${asSandglassError(thrown).message}\n`;
    await this.stderr.write(new TextEncoder().encode(line)).catch(() => undefined);
  }

  #terminal(which: number): HostcallTerminal {
    const size = () => this.#size;
    return {
      get size() {
        return size();
      },
      stdin: (which & 1) !== 0,
      stdout: (which & 2) !== 0,
      stderr: (which & 4) !== 0,
      onResize: (listener) => this.#sizes.listen(listener),
      setRaw: (raw) => {
        this.#channel.control(control.raw, new PayloadWriter().u32(raw ? 1 : 0));
      },
    };
  }

  #onControl(code: number, payload: PayloadReader): void {
    if (code === control.resize) {
      this.#size = { columns: payload.u16(), rows: payload.u16() };
      this.#sizes.emit(this.#size);
    } else if (code === control.signal) {
      // Only signals with names come this way: real-time ones, hostcall does not catch.
      const name = signalName(payload.u32()) as SignalName;
      if (this.#signals.listenerCount > 0) {
        this.#signals.emit(name);
      } else if (fatal.includes(name)) {
        this.#killedBy = name;
        this.#gone.abort(new SandglassError('cancelled', `The command was ended by ${name}.`));
      }
    }
  }
}

/** Opens the stream with the first read: until then, the guest reads nothing for us. */
function lazySource(open: () => ByteSource): ByteSource {
  let source: ByteSource | undefined;
  return {
    read(signal) {
      source ??= open();
      return source.read(signal);
    },
    cancel() {
      source?.cancel();
    },
  };
}

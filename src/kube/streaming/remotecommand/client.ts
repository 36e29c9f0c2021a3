import { type ByteSink, type ByteSource, readAllText } from '#base/byte-stream.ts';
import { throwIfCancelled } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { openSpdyCommand } from './spdy-client.ts';
import { openWebSocketCommand } from './websocket-client.ts';
import { writeResizes } from './resizes.ts';

export interface RemoteCommand {
  /** With the query that says which streams there are: `stdin`, `stdout`, `stderr`, `tty`, `command` … */
  url: URL;
  stdin?: ByteSource;
  /** Written to, but not ended: it is the caller's. */
  stdout?: ByteSink;
  /** Not with a terminal, which has one output. */
  stderr?: ByteSink;
  tty?: boolean;
  resizes?: AsyncIterable<TerminalSize>;
  signal?: AbortSignal;
}

/** The streams of a command as a client has them. */
export interface ClientStreams {
  stdin?: ByteSink;
  stdout?: ByteSource;
  stderr?: ByteSource;
  resize?: ByteSink;
  /** How it ended. */
  error: ByteSource;
  readStatus: (text: string) => { code: number };
  close: () => void;
}

export type Transport = 'websocket' | 'spdy';

/** Exec and attach as kubectl does them (client-go, tools/remotecommand). */
export class RemoteCommandClient {
  readonly #upgrade: UpgradeHandler;
  readonly #transport: Transport;

  constructor(
    upgrade: UpgradeHandler,
    { transport = 'websocket' }: { transport?: Transport } = {},
  ) {
    this.#upgrade = upgrade;
    this.#transport = transport;
  }

  /** Resolves with the exit code; rejects if the command could not be run, or nobody knows how it ended. */
  async run(command: RemoteCommand): Promise<{ code: number }> {
    throwIfCancelled(command.signal);
    const open = this.#transport === 'spdy' ? openSpdyCommand : openWebSocketCommand;
    const streams = await open(this.#upgrade, command);
    const over = new AbortController();
    const signal = command.signal ? AbortSignal.any([command.signal, over.signal]) : over.signal;
    try {
      void feed(command, streams, signal);
      const [text] = await untilAborted(
        Promise.all([
          readAllText(streams.error),
          copy(streams.stdout, command.stdout, signal),
          copy(streams.stderr, command.stderr, signal),
        ]),
        command.signal,
      );
      return streams.readStatus(text);
    } finally {
      over.abort();
      streams.close();
    }
  }
}

/** Sends input and sizes as long as the command takes them. */
async function feed(
  { stdin, resizes }: RemoteCommand,
  streams: ClientStreams,
  signal: AbortSignal,
): Promise<void> {
  const sends: Promise<void>[] = [];
  if (stdin && streams.stdin) {
    const sink = streams.stdin;
    sends.push(copy(stdin, sink, signal).then(() => sink.end()));
  }
  if (resizes && streams.resize) sends.push(writeResizes(resizes, streams.resize, signal));
  // A command that is over takes no more, and how it ended is told elsewhere.
  await Promise.allSettled(sends);
}

async function copy(
  source: ByteSource | undefined,
  sink: ByteSink | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!source) return;
  for (let bytes = await source.read(signal); bytes; bytes = await source.read(signal)) {
    await sink?.write(bytes, signal);
  }
}

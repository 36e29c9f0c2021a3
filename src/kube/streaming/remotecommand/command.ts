import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import type { TerminalSize } from '#base/terminal-size.ts';

/** The streams of an exec or attach, from the side that runs it; those that were not asked for are absent. */
export interface CommandStreams {
  stdin?: ByteSource;
  stdout?: ByteSink;
  stderr?: ByteSink;
  /** The client's terminal, as it is and becomes. */
  resizes: AsyncIterable<TerminalSize>;
}

export interface WantedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** Runs until the command's end; rejects with why it could not. Its exit code goes to the client. */
export type RunCommand = (
  streams: CommandStreams,
  signal: AbortSignal,
) => Promise<{ code: number }>;

export type CommandKind = 'exec' | 'attach';

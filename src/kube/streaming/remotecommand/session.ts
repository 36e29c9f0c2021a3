import type { ByteSource } from '#base/byte-stream.ts';
import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { awaitGoodbye } from '#kube/streaming/goodbye.ts';
import type { Status } from '#kube/types.ts';
import type { CommandKind, CommandStreams, RunCommand } from './command.ts';
import { exitStatus, failureStatus } from './exit-status.ts';

/** A client's connection, whatever it speaks. */
export interface CommandConnection {
  streams: CommandStreams;
  /** Resolves when nothing more will come from the client. */
  gone: Promise<unknown>;
  /** Says how it ended, as the last thing. */
  finish: (status: Status) => Promise<void>;
  /** Ends the connection. */
  close: () => void;
}

export interface SessionOptions {
  kind: CommandKind;
  clock: Clock;
  signal?: AbortSignal;
}

/** Runs the command for a client and tells it the end. Never rejects. */
export async function runSession(
  connection: CommandConnection,
  run: RunCommand,
  { kind, clock, signal }: SessionOptions,
): Promise<void> {
  const leaving = new AbortController();
  const leave = () => {
    leaving.abort(new SandglassError('cancelled', 'The client has gone away.'));
  };
  // Only an attachment is over with its client. A command lives on, as upstream's does: what it was sent is read to
  // the end, and it notices when it writes. Some clients have no other way to end its input than to go.
  if (kind === 'attach') {
    void connection.gone.then(leave, leave);
    // Told of it also when what the client sent is not being read.
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
  }
  try {
    await connection.finish(await outcome(connection.streams, run, kind, leaving.signal));
    await awaitGoodbye(connection.gone, clock);
  } catch {
    // The client has gone, so there is nobody to tell.
  } finally {
    signal?.removeEventListener('abort', leave);
    connection.close();
  }
}

async function outcome(
  streams: CommandStreams,
  run: RunCommand,
  kind: CommandKind,
  signal: AbortSignal,
): Promise<Status> {
  try {
    const { code } = await run(streams, signal);
    return exitStatus(code);
  } catch (thrown) {
    return failureStatus(kind, thrown);
  }
}

/** The input of a client that went away ends, so that the command's does too. */
export function endingInput(source: ByteSource): ByteSource {
  return {
    async read(signal) {
      try {
        return await source.read(signal);
      } catch (thrown) {
        if (signal?.aborted) throw thrown;
        return undefined;
      }
    },
    cancel: () => source.cancel(),
  };
}

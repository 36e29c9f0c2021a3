import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Channel } from './channel.ts';
import { guestError } from './guest-error.ts';
import { write } from './protocol.ts';

export interface ReadOptions {
  /** Bytes to leave out at the start. */
  offset?: number;
  /** Bytes to read at most. */
  length?: number;
  signal?: AbortSignal;
}

export interface WriteOptions {
  /** What to do with a file that exists: `replace` it, the default, `append`, `update` in place, or `fail`. */
  existing?: 'replace' | 'append' | 'update' | 'fail';
  /** Permissions. A new file gets 0644 otherwise, an old one keeps its own. */
  mode?: number;
  /** Bytes into the file, with `update`. */
  offset?: number;
  /**
   * Readers see the old file or the whole new one, never a part; symbolic links are followed. A device, a pipe
   * and a file of /proc or /sys have no such moment: they are written in place, and keep their mode.
   */
  atomic?: boolean;
  signal?: AbortSignal;
}

/** A file that is being written. */
export interface FileWriter {
  readonly sink: ByteSink;
  /** Ends the sink; resolves when the guest's kernel has all. */
  finish(): Promise<void>;
  /** Gives up. With `atomic`, nothing has changed. */
  cancel(): void;
}

/** What the agent is told of the options. */
export function writeFlags(path: string, options: WriteOptions): number {
  const { existing = 'replace', mode, atomic = false } = options;
  if (atomic && (existing === 'append' || existing === 'update')) {
    throw new SandglassError('invalid-argument', `${path} cannot be both atomic and in place.`);
  }
  const how = {
    replace: write.create | write.truncate,
    append: write.create | write.append,
    update: write.create,
    fail: write.create | write.exclusive,
  }[existing];
  return how | (atomic ? write.atomic : 0) | (mode === undefined ? 0 : write.mode);
}

/** Writes through a channel of kind `writeFile`. */
export function writerOver(channel: Channel, attempt: string): FileWriter {
  const sink = channel.outgoing(0);
  const done = channel.result.then((result) => {
    const error = result.u32();
    if (error !== 0) throw guestError(attempt, error);
  });
  done.catch(() => undefined);
  return {
    sink: {
      // The kernel's word on why it failed comes as the result, a moment after the stop.
      write: (bytes, signal) =>
        sink.write(bytes, signal).catch(async (error: unknown) => {
          if (!signal?.aborted) await done;
          throw error;
        }),
      end: () => {
        sink.end();
      },
    },
    finish: () => {
      sink.end();
      return done;
    },
    cancel: () => {
      channel.close();
    },
  };
}

/** Closes the channel with the last byte, or when the reader wants no more. */
export function closingSource(channel: Channel, source: ByteSource): ByteSource {
  return {
    async read(signal) {
      const chunk = await source.read(signal);
      if (!chunk) channel.close();
      return chunk;
    },
    cancel() {
      source.cancel();
      channel.close();
    },
  };
}

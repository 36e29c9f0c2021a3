import { ByteQueue } from '#base/byte-queue.ts';
import type { ByteSink } from '#base/byte-stream.ts';
import { asSandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { Connection } from '#guest/sockets.ts';
import type { Attachment } from '#runtimes/task.ts';
import { FrameReader, encodeFrame, frame, framePayloadMax, numbers } from './shim-frames.ts';

/** The bits of standard output and error output in an attach frame. */
const bothOutputs = Uint8Array.of(2 | 4);
/** Bytes that may wait for a slow reader before the container has to. */
const capacity = 64 << 10;

/** A line of its own to the shim, for the container's standard streams. */
export async function attachToShim(
  agent: AgentClient,
  path: string,
  signal?: AbortSignal,
): Promise<Attachment> {
  const connection = await agent.connect({ unix: path }, signal);
  await connection.outgoing.write(encodeFrame(frame.attach, bothOutputs));
  const stdout = new ByteQueue({ capacity });
  const stderr = new ByteQueue({ capacity });
  void distribute(connection, stdout, stderr);
  return {
    stdin: stdinOver(connection),
    stdout,
    stderr,
    resize({ columns, rows }) {
      const size = numbers((columns & 0xffff) | (rows << 16));
      connection.outgoing.write(encodeFrame(frame.resize, size)).catch(() => undefined);
    },
    close() {
      connection.close();
    },
  };
}

/** One reader that waits makes the other wait, too: the shim sends them in one stream. */
async function distribute(
  connection: Connection,
  stdout: ByteQueue,
  stderr: ByteQueue,
): Promise<void> {
  const frames = new FrameReader(connection.incoming);
  try {
    for (let next = await frames.next(); next; next = await frames.next()) {
      if (next.type === frame.exit) break;
      const queue = { [frame.stdout]: stdout, [frame.stderr]: stderr }[next.type];
      // Who gave up one of the streams may still read the other.
      await queue?.write(next.payload).catch(() => undefined);
    }
    stdout.end();
    stderr.end();
  } catch (error) {
    stdout.fail(asSandglassError(error));
    stderr.fail(asSandglassError(error));
  } finally {
    connection.close();
  }
}

function stdinOver(connection: Connection): ByteSink {
  return {
    async write(bytes, signal) {
      for (let at = 0; at < bytes.length; at += framePayloadMax) {
        const part = bytes.subarray(at, at + framePayloadMax);
        await connection.outgoing.write(encodeFrame(frame.stdin, part), signal);
      }
    },
    end() {
      connection.outgoing.write(encodeFrame(frame.stdinEnd)).catch(() => undefined);
    },
  };
}

import { type ByteDuplex, type ByteSource, pipeBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { AttachRequest, ExecRequest } from '#kube/cri/api_pb.ts';
import type { CommandStreams } from '#kube/streaming/remotecommand/command.ts';
import type { Attachment, ExecProcess } from '#runtimes/task.ts';
import type { CriContext } from '#cri/context.ts';
import { execIn, inStore, requireRunning } from '#cri/exec-sync.ts';

/** A new process in the container, for a client that has its own streams. */
export async function execCommand(
  context: CriContext,
  { containerId, cmd, tty, stdin }: ExecRequest,
  streams: CommandStreams,
  signal: AbortSignal,
): Promise<{ code: number }> {
  try {
    const container = context.containers.get(containerId, inStore(containerId));
    const process = await execIn(container, { cmd, terminal: tty, stdin }, signal);
    return await relayExec(process, streams, signal);
  } catch (error) {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(code, `failed to exec in container: ${message}`, { cause: error });
  }
}

async function relayExec(
  process: ExecProcess,
  streams: CommandStreams,
  signal: AbortSignal,
): Promise<{ code: number }> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const background = [
    follow(streams.resizes, (size) => process.resize(size), until),
    feed(streams.stdin, process.stdin, until),
  ];
  try {
    const outputs = [
      drain(process.stdout, streams.stdout, until),
      ...(process.stderr ? [drain(process.stderr, streams.stderr, until)] : []),
    ];
    const [exit] = await untilAborted(Promise.all([process.exited, ...outputs]), signal);
    return exit;
  } finally {
    over.abort();
    await Promise.all(background);
    await process.kill();
  }
}

/** The container's own process; its input stays open for the next client unless it is `stdinOnce`. */
export async function attachCommand(
  context: CriContext,
  { containerId }: AttachRequest,
  streams: CommandStreams,
  signal: AbortSignal,
): Promise<{ code: number }> {
  const container = context.containers.get(containerId, inStore(containerId));
  requireRunning(container);
  if (!container.task) throw new SandglassError('not-found', 'failed to load task: not found');
  const attachment = await container.task.attach(signal);
  const endsInput = container.config.stdinOnce && !container.config.tty;
  try {
    await relayAttachment(attachment, streams, endsInput, signal);
    return { code: 0 };
  } finally {
    attachment.close();
  }
}

async function relayAttachment(
  attachment: Attachment,
  streams: CommandStreams,
  endsInput: boolean,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const input = {
    write: (bytes: Uint8Array, writing?: AbortSignal) => attachment.stdin.write(bytes, writing),
    end: () => {
      if (endsInput) attachment.stdin.end();
    },
  };
  const background = [
    follow(streams.resizes, (size) => attachment.resize(size), until),
    feed(streams.stdin, input, until),
  ];
  try {
    await Promise.all([
      drain(attachment.stdout, streams.stdout, until),
      drain(attachment.stderr, streams.stderr, until),
    ]);
  } finally {
    over.abort();
    await Promise.all(background);
  }
}

/** A connection to a port in the pod's network namespace. */
export async function forwardPort(
  context: CriContext,
  sandboxId: string,
  port: number,
  signal: AbortSignal,
): Promise<ByteDuplex> {
  const sandbox = context.sandboxes.get(
    sandboxId,
    `failed to find sandbox "${sandboxId}" in store`,
  );
  const own = sandbox.netns !== undefined;
  const where = own ? `"${sandbox.netns ?? ''}"` : '"host"';
  try {
    if (!own) return await context.agent.connect({ host: '127.0.0.1', port }, signal);
    if (!sandbox.task) throw new SandglassError('unavailable', 'its sandbox does not run');
    return await sandbox.task.dial(port, signal);
  } catch (error) {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(
      code,
      `failed to execute portforward in network namespace ${where}: failed to connect to ` +
        `localhost:${port} inside namespace "${sandbox.id}": ${message}`,
      { cause: error },
    );
  }
}

async function drain(
  source: ByteSource,
  sink: CommandStreams['stdout'],
  signal: AbortSignal,
): Promise<void> {
  if (sink) await pipeBytes(source, sink, signal);
  else while (await source.read(signal));
}

/** Ends without a word with the command, and with a client that has gone: others tell of both. */
async function feed(
  source: ByteSource | undefined,
  sink: ExecProcess['stdin'],
  signal: AbortSignal,
): Promise<void> {
  if (!source || !sink) return;
  await pipeBytes(source, sink, signal).catch(() => undefined);
}

async function follow<T>(
  values: AsyncIterable<T>,
  take: (value: T) => void,
  signal: AbortSignal,
): Promise<void> {
  const iterator = values[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done === true) return;
      take(next.value);
    }
  } catch {
    // Over with the command, or with the client.
  } finally {
    void iterator.return?.();
  }
}

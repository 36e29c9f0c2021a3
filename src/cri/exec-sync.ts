import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { ContainerState, type ExecSyncRequest } from '#kube/cri/api_pb.ts';
import type { ExecProcess } from '#runtimes/task.ts';
import { type ContainerRecord, stateName, stateOf } from './container-record.ts';
import type { CriContext } from './context.ts';

/** Milliseconds for the runtime to make the process: as long as the kubelet waits for a call (runtimeRequestTimeout). */
const startLimit = 120_000;

/** Bytes of each output that are kept; more is dropped (containerd, maxExecSyncSize). */
const outputLimit = 16 << 20;

export interface ExecSyncResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
  /** Of the process, on the node. */
  pid: number | undefined;
}

export async function execSync(
  context: CriContext,
  { containerId, cmd, timeout }: ExecSyncRequest,
  signal: AbortSignal,
): Promise<ExecSyncResult> {
  try {
    const container = context.containers.get(containerId, inStore(containerId));
    const process = await execIn(container, { cmd, terminal: false, stdin: false }, signal);
    const result = await collect(context, process, Number(timeout), signal);
    return { ...result, pid: await process.pid };
  } catch (error) {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(code, `failed to exec in container: ${message}`, { cause: error });
  }
}

/** What messages of both kinds of exec begin with. */
export function inStore(containerId: string): string {
  return `failed to find container "${containerId}" in store`;
}

/** A process like the container's own, but for its arguments. */
export async function execIn(
  container: ContainerRecord,
  wanted: { cmd: readonly string[]; terminal: boolean; stdin: boolean },
  signal?: AbortSignal,
): Promise<ExecProcess> {
  requireRunning(container);
  const { cmd, terminal, stdin } = wanted;
  const { process } = container.spec;
  if (!container.task) throw new SandglassError('not-found', 'failed to load task: not found');
  const env = terminal ? [...process.env.filter(isNotTerm), 'TERM=xterm'] : process.env;
  return container.task.exec(
    { process: { ...process, terminal, args: [...cmd], env }, stdin },
    signal,
  );
}

function isNotTerm(variable: string): boolean {
  return !variable.startsWith('TERM=');
}

export function requireRunning(container: ContainerRecord): void {
  if (stateOf(container) === ContainerState.CONTAINER_RUNNING) return;
  throw new SandglassError('unknown', `container is in ${stateName(container)} state`);
}

async function collect(
  { clock }: CriContext,
  process: ExecProcess,
  timeout: number,
  signal: AbortSignal,
): Promise<Omit<ExecSyncResult, 'pid'>> {
  const finished = Promise.all([
    process.exited,
    readUpTo(process.stdout, outputLimit),
    process.stderr ? readUpTo(process.stderr, outputLimit) : new Uint8Array(0),
  ]);
  // Whoever gives up while the process is being made does not wait for it.
  finished.catch(() => undefined);
  try {
    // The runtime's own time is not the command's (containerd, execInContainer).
    if (timeout > 0) {
      const started = process.started(signal);
      await withDeadline(started, clock, startLimit, timeoutMessage(startLimit / 1000), signal);
    }
    const [{ code }, stdout, stderr] = await (timeout > 0
      ? withDeadline(finished, clock, timeout * 1000, timeoutMessage(timeout), signal)
      : untilAborted(finished, signal));
    return { stdout, stderr, exitCode: code };
  } finally {
    await process.kill();
  }
}

function timeoutMessage(seconds: number): string {
  return `timeout ${seconds}s exceeded: context deadline exceeded`;
}

async function readUpTo(source: ByteSource, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await source.read(); chunk; chunk = await source.read()) {
    chunks.push(chunk.subarray(0, limit - length));
    length = Math.min(limit, length + chunk.length);
  }
  return concatBytes(chunks);
}

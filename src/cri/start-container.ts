import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { ContainerEventType, ContainerState } from '#kube/cri/api_pb.ts';
import type { Task, TaskExit, TaskRuntime } from '#runtimes/task.ts';
import { type ContainerRecord, stateName, stateOf } from './container-record.ts';
import { type CriContext, containerLinks } from './context.ts';
import { emitContainerEvent } from './emit-event.ts';
import { exitTime } from './exit-time.ts';

/** What a container that could not be started ends with (internal/cri/server/container_start.go). */
const startError = { reason: 'StartError', exitCode: 128 };

/** Gives its first process, on the node. */
export async function startContainer(
  context: CriContext,
  container: ContainerRecord,
  signal: AbortSignal,
): Promise<number> {
  const { id } = container;
  const refuse = (why: string) =>
    new SandglassError('unknown', `failed to set starting state for container "${id}": ${why}`);
  if (stateOf(container) !== ContainerState.CONTAINER_CREATED) {
    throw refuse(`container is in ${stateName(container)} state`);
  }
  if (container.busy === 'removing') {
    throw refuse("container is in removing state, can't be started");
  }
  if (container.busy === 'starting') throw refuse('container is already in starting state');
  container.busy = 'starting';
  let pid: number;
  try {
    pid = await start(context, container, signal);
  } finally {
    container.busy = undefined;
  }
  emitContainerEvent(context, container, ContainerEventType.CONTAINER_STARTED_EVENT);
  return pid;
}

async function start(
  context: CriContext,
  container: ContainerRecord,
  signal: AbortSignal,
): Promise<number> {
  const sandbox = context.sandboxes.get(container.sandboxId);
  const runtime = context.runtime(sandbox.runtimeHandler);
  const { id } = container;
  const links = containerLinks(context, container);
  let task: Task;
  try {
    if (sandbox.state !== 'ready') {
      throw new SandglassError('unknown', `sandbox container "${sandbox.id}" is not running`);
    }
    task = await createTask(runtime, container, links, signal);
    await task.start(signal).catch((error: unknown) => {
      throw failure(`failed to start containerd task "${id}"`, error);
    });
    container.task = task;
    container.pid = task.pid;
    container.startedAt = context.now();
    watchContainer(context, container, task);
  } catch (error) {
    await runtime.cleanUp(id, links);
    await noteStartError(context, container, error);
    throw error;
  }
  await context.containers.save(container);
  return task.pid;
}

async function createTask(
  runtime: TaskRuntime,
  { id, spec, rootfs, config, logPath }: ContainerRecord,
  links: TraceLinks,
  signal: AbortSignal,
): Promise<Task> {
  const request = {
    id,
    spec,
    rootfs,
    terminal: config.tty,
    stdin: config.stdin,
    ...(logPath !== undefined && { logPath }),
    links,
  };
  try {
    return await runtime.create(request, signal);
  } catch (error) {
    // containerd's own shim and its client each add their words (core/runtime/v2/shim.go).
    const attempt = 'failed to create containerd task: failed to create shim task';
    throw failure(`${attempt}: OCI runtime create failed`, error);
  }
}

function failure(attempt: string, cause: unknown): SandglassError {
  return new SandglassError('unknown', `${attempt}: ${asSandglassError(cause).message}`, { cause });
}

async function noteStartError(
  context: CriContext,
  container: ContainerRecord,
  error: unknown,
): Promise<void> {
  container.startedAt = 0n;
  container.finishedAt = context.now();
  container.exitCode = startError.exitCode;
  container.reason = startError.reason;
  container.message = asSandglassError(error).message;
  await context.containers.save(container);
}

/** Takes note of its end, whoever ended it. */
export function watchContainer(context: CriContext, container: ContainerRecord, task: Task): void {
  const ended = task.exited.then((exit) => noteExit(context, container, task, exit));
  container.ended = ended;
  // It is over with the node, too; whoever comes next reads its state from there.
  ended.catch(() => undefined);
}

async function noteExit(
  context: CriContext,
  container: ContainerRecord,
  task: Task,
  exit: TaskExit,
): Promise<void> {
  const { code, oomKilled } = exit;
  container.finishedAt = await exitTime(context, exit, container.startedAt);
  container.exitCode = code;
  if (oomKilled) container.reason = 'OOMKilled';
  container.pid = 0;
  const saved = await context.containers.save(container).then(
    () => true,
    () => false,
  );
  emitContainerEvent(context, container, ContainerEventType.CONTAINER_STOPPED_EVENT);
  // Without a record its shim alone keeps how it ended, for a later life to read.
  if (!saved) return;
  container.task = undefined;
  // What is left of it goes with the container.
  await task.delete().catch(() => undefined);
}

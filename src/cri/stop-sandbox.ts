import { ContainerEventType } from '#kube/cri/api_pb.ts';
import { type CriContext, linksOf } from './context.ts';
import { emitSandboxEvent } from './emit-event.ts';
import { removeContainer } from './remove-container.ts';
import { leaveNetwork } from './sandbox-network.ts';
import { removeSandboxFiles, unmountSandbox } from './sandbox-files.ts';
import type { SandboxRecord } from './sandbox-record.ts';
import { stopContainer } from './stop-container.ts';

const SIGKILL = 9;

/** Containers, then pause, then the network; any of it may have gone before. */
export async function stopSandbox(context: CriContext, id: string): Promise<void> {
  const sandbox = context.sandboxes.find(id);
  if (!sandbox) return;
  for (const container of context.containersOf(sandbox.id)) {
    await stopContainer(context, container, 0);
  }
  await stopPause(sandbox);
  await leaveNetwork(context, sandbox);
  await unmountSandbox(context, sandbox);
  sandbox.state = 'notready';
  await noteStopped(context, sandbox);
}

/** On a full disk it stops all the same: a later life finds that its pause is not there. */
async function noteStopped(context: CriContext, sandbox: SandboxRecord): Promise<void> {
  await context.sandboxes.save(sandbox).catch(() => undefined);
}

export async function removeSandbox(context: CriContext, id: string): Promise<void> {
  const sandbox = context.sandboxes.find(id);
  if (!sandbox) return;
  await stopSandbox(context, sandbox.id);
  for (const container of context.containersOf(sandbox.id)) {
    await removeContainer(context, container);
  }
  const links = linksOf(sandbox.config, sandbox.id);
  await context.runtime(sandbox.runtimeHandler).cleanUp(sandbox.id, links);
  await removeSandboxFiles(context, sandbox);
  await context.sandboxes.remove(sandbox);
  context.cpuRates.forget(sandbox.id);
  emitSandboxEvent(context, sandbox, ContainerEventType.CONTAINER_DELETED_EVENT);
  await context.images.collectLayers();
}

export async function stopPause(sandbox: SandboxRecord): Promise<void> {
  const { task } = sandbox;
  if (!task) return;
  await task.kill(SIGKILL, { all: true });
  await task.exited;
  await task.delete();
  sandbox.task = undefined;
}

/** Takes note of pause's end, whoever ended it. */
export function watchPause(context: CriContext, sandbox: SandboxRecord): void {
  const { task } = sandbox;
  if (!task) return;
  const note = async () => {
    await task.exited;
    sandbox.state = 'notready';
    if (context.sandboxes.find(sandbox.id) !== sandbox) return;
    await noteStopped(context, sandbox);
    emitSandboxEvent(context, sandbox, ContainerEventType.CONTAINER_STOPPED_EVENT);
  };
  // It is over with the node, too; whoever comes next reads its state from there.
  note().catch(() => undefined);
}

import { ContainerState } from '#kube/cri/api_pb.ts';
import { stateOf } from './container-record.ts';
import { type CriContext, containerLinks, linksOf } from './context.ts';
import { watchContainer } from './start-container.ts';
import { watchPause } from './stop-sandbox.ts';

/** Sandboxes and containers as the node has them; what ended meanwhile is taken note of now. */
export async function recoverRecords(context: CriContext): Promise<void> {
  await recoverSandboxes(context);
  await recoverContainers(context);
}

async function recoverSandboxes(context: CriContext): Promise<void> {
  for (const sandbox of await context.sandboxes.load()) {
    const runtime = context.runtime(sandbox.runtimeHandler);
    sandbox.task = await runtime.load(sandbox.id, linksOf(sandbox.config, sandbox.id));
    if (sandbox.task) watchPause(context, sandbox);
    else if (sandbox.state === 'ready') sandbox.state = 'notready';
  }
}

async function recoverContainers(context: CriContext): Promise<void> {
  for (const container of await context.containers.load()) {
    const { id, sandboxId } = container;
    const sandbox = context.sandboxes.find(sandboxId);
    const runtime = context.runtime(sandbox?.runtimeHandler ?? '');
    const links = containerLinks(context, container);
    if (stateOf(container) === ContainerState.CONTAINER_CREATED) {
      // If a call was to start it, that has gone: nobody knows how far it came.
      await runtime.cleanUp(id, links);
      continue;
    }
    const task = await runtime.load(id, links);
    if (task) {
      container.task = task;
      watchContainer(context, container, task);
    } else if (stateOf(container) === ContainerState.CONTAINER_RUNNING) {
      Object.assign(container, lostContainer(context.now()));
      await context.containers.save(container);
    }
  }
}

/** As containerd reports one that it finds no trace of (internal/cri/server/restart.go). */
function lostContainer(finishedAt: bigint) {
  return { finishedAt, exitCode: 255, reason: 'Unknown', pid: 0 };
}

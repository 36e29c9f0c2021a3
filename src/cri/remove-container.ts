import { SandglassError } from '#base/errors.ts';
import { ContainerEventType, ContainerState } from '#kube/cri/api_pb.ts';
import { type ContainerRecord, containerDirectory, stateOf } from './container-record.ts';
import { type CriContext, containerLinks } from './context.ts';
import { emitContainerEvent } from './emit-event.ts';
import { stopContainer } from './stop-container.ts';

/** One that runs is killed first, as containerd does, whatever the API's text says. */
export async function removeContainer(
  context: CriContext,
  container: ContainerRecord,
): Promise<void> {
  const { id } = container;
  if (stateOf(container) === ContainerState.CONTAINER_RUNNING) {
    await stopContainer(context, container, 0);
  }
  if (container.busy !== undefined) {
    const why =
      container.busy === 'removing'
        ? 'container is already in removing state'
        : "container is in starting state, can't be removed";
    throw new SandglassError(
      'unknown',
      `failed to set removing state for container "${id}": ${why}`,
    );
  }
  container.busy = 'removing';
  try {
    // The runtime may still be forgetting it.
    await container.ended;
    const sandbox = context.sandboxes.find(container.sandboxId);
    await context
      .runtime(sandbox?.runtimeHandler ?? '')
      .cleanUp(id, containerLinks(context, container));
    await context.agent.files.remove(containerDirectory(id), {
      recursive: true,
      missing: 'ignore',
    });
    await context.containers.remove(container);
    context.cpuRates.forget(id);
  } finally {
    container.busy = undefined;
  }
  emitContainerEvent(context, container, ContainerEventType.CONTAINER_DELETED_EVENT);
  await context.images.collectLayers();
}

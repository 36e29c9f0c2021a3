import { ContainerEventType } from '#kube/cri/api_pb.ts';
import type { ContainerRecord } from './container-record.ts';
import type { CriContext } from './context.ts';
import type { SandboxRecord } from './sandbox-record.ts';
import { containerStatus, sandboxStatus } from './statuses.ts';

export function emitSandboxEvent(
  context: CriContext,
  sandbox: SandboxRecord,
  type: ContainerEventType,
): void {
  emit(context, sandbox.id, sandbox.id, type);
}

export function emitContainerEvent(
  context: CriContext,
  container: ContainerRecord,
  type: ContainerEventType,
): void {
  emit(context, container.id, container.sandboxId, type);
}

/** With the state of the whole pod, unless that has just been removed. */
function emit(
  context: CriContext,
  containerId: string,
  sandboxId: string,
  type: ContainerEventType,
): void {
  const createdAt = context.now();
  const sandbox = context.sandboxes.find(sandboxId);
  const tell = async () => {
    const containersStatuses = sandbox
      ? await Promise.all(
          context.containersOf(sandboxId).map((other) => containerStatus(context, other)),
        )
      : [];
    context.events.emit(type, {
      containerId,
      createdAt,
      containersStatuses,
      ...(sandbox && { podSandboxStatus: sandboxStatus(sandbox) }),
    });
  };
  // A listener learns the state from the lists anyway.
  tell().catch(() => undefined);
}

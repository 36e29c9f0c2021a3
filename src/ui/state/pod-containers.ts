import { allContainers, isRestartableInitContainer } from '#kube/containers.ts';
import type { ContainerState, ContainerStatus, Pod } from '#kube/types.ts';

/** A container of a pod, as the API has it now. */
export interface PodContainer {
  namespace: string;
  pod: string;
  podUid: string;
  name: string;
  /** A sidecar is an init container that goes on beside the main ones. */
  role: 'main' | 'init' | 'sidecar' | 'ephemeral';
  state: 'waiting' | 'running' | 'ended';
  /** Why it waits or how it ended, in the API's word: `CrashLoopBackOff`, `Completed`. */
  reason: string | undefined;
  /** The runtime's name for the one of now, or for the last; nothing before the first. */
  id: string | undefined;
}

/** How one container has ended, in the API's words. */
export interface ContainerEnd {
  reason: string | undefined;
  exitCode: number;
}

/** A pod's containers in the order of its spec: init, main, ephemeral. */
export function containersOf({ metadata, spec, status }: Pod): PodContainer[] {
  if (!spec) return [];
  const init = new Set(spec.initContainers?.map(({ name }) => name));
  const ephemeral = new Set(spec.ephemeralContainers?.map(({ name }) => name));
  const statuses = allStatuses(status);
  return allContainers(spec).map((container) => {
    const { name } = container;
    const known = statuses.find((each) => each.name === name);
    return {
      namespace: metadata?.namespace ?? '',
      pod: metadata?.name ?? '',
      podUid: metadata?.uid ?? '',
      name,
      role: init.has(name)
        ? isRestartableInitContainer(container)
          ? 'sidecar'
          : 'init'
        : ephemeral.has(name)
          ? 'ephemeral'
          : 'main',
      ...stateOf(known?.state),
      id: known?.containerID ?? known?.lastState?.terminated?.containerID,
    };
  });
}

/** How the container with this ID has ended; nothing while it runs, or where the API no longer says. */
export function endOfContainer({ status }: Pod, id: string): ContainerEnd | undefined {
  for (const { state, lastState } of allStatuses(status)) {
    for (const terminated of [state?.terminated, lastState?.terminated]) {
      if (terminated?.containerID !== id) continue;
      return { reason: terminated.reason, exitCode: terminated.exitCode };
    }
  }
  return undefined;
}

function stateOf(state: ContainerState | undefined): Pick<PodContainer, 'state' | 'reason'> {
  if (state?.running) return { state: 'running', reason: undefined };
  if (state?.terminated) return { state: 'ended', reason: state.terminated.reason };
  return { state: 'waiting', reason: state?.waiting?.reason };
}

function allStatuses(status: Pod['status']): ContainerStatus[] {
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
}

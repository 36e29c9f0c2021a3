import type { ContainerStatus, Pod } from '#kube/types.ts';
import type { Scene } from './code.ts';

/** Of what a check sees, a pod by its name. */
export function podNamed(
  { pods }: Pick<Scene, 'pods'>,
  name: string,
  namespace = 'default',
): Pod | undefined {
  return pods.find(({ metadata }) => metadata?.name === name && metadata.namespace === namespace);
}

/** What the kubelet says of a pod's container; nothing before it has said anything. */
export function containerStatus(pod: Pod | undefined, name: string): ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find((status) => status.name === name);
}

export function isRunning(pod: Pod | undefined, container: string): boolean {
  return containerStatus(pod, container)?.state?.running !== undefined;
}

/** What the kubelet says of those of a pod's containers that run. */
export function runningContainers(pod: Pod | undefined): readonly ContainerStatus[] {
  return (pod?.status?.containerStatuses ?? []).filter(({ state }) => state?.running !== undefined);
}

/** Whether the reader has chosen to hold calls at a point such as `cri/RunPodSandbox`, by itself or by a pattern. */
export function hasBreakpoint({ breakpoints }: Pick<Scene, 'breakpoints'>, point: string): boolean {
  return breakpoints.some((chosen) =>
    chosen.endsWith('*') ? point.startsWith(chosen.slice(0, -1)) : chosen === point,
  );
}

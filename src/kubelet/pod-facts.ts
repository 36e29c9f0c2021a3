import type { PodRef } from '#base/trace-records.ts';
import { mirrorAnnotation } from '#kube/mirror-pods.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '#kube/types.ts';

/** Where a pod came from, and the hash of its file (pkg/kubelet/types/pod_update.go). */
export const configSourceAnnotation = 'kubernetes.io/config.source';
export const configHashAnnotation = 'kubernetes.io/config.hash';
export const configSeenAnnotation = 'kubernetes.io/config.seen';

export { mirrorAnnotation as configMirrorAnnotation } from '#kube/mirror-pods.ts';
export { isRestartableInitContainer } from '#kube/containers.ts';

/**
 * The pod's UID as the kubelet knows it. A static pod's is the hash of its file; its mirror has
 * another, given by the API server.
 */
export function uidOf(pod: Pod): string {
  return pod.metadata?.uid ?? '';
}

export function nameOf(pod: Pod): string {
  return pod.metadata?.name ?? '';
}

export function namespaceOf(pod: Pod): string {
  return pod.metadata?.namespace ?? '';
}

export function podRefOf(pod: Pod): PodRef {
  return { namespace: namespaceOf(pod), name: nameOf(pod), uid: uidOf(pod) };
}

/** name_namespace: what a static pod and its mirror share (pkg/kubelet/container/runtime.go, BuildPodFullName). */
export function fullNameOf(pod: Pod): string {
  return fullName(nameOf(pod), namespaceOf(pod));
}

export function fullName(name: string, namespace: string): string {
  return `${name}_${namespace}`;
}

/** pkg/kubelet/util/format/pod.go */
export function formatPod(pod: Pod): string {
  return `${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`;
}

export function isStaticPod(pod: Pod): boolean {
  const source = pod.metadata?.annotations?.[configSourceAnnotation];
  return source !== undefined && source !== 'api';
}

/** A static pod's image in the API (pkg/kubelet/types/pod_update.go, IsMirrorPod). */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata?.annotations?.[mirrorAnnotation] !== undefined;
}

export function isHostNetworkPod(pod: Pod): boolean {
  return pod.spec?.hostNetwork === true;
}

export function isTerminalPhase(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

export function isDeleted(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

export function initContainersOf(pod: Pod): readonly Container[] {
  return pod.spec?.initContainers ?? [];
}

export function containersOf(pod: Pod): readonly Container[] {
  return pod.spec?.containers ?? [];
}

export function allContainersOf(pod: Pod): readonly Container[] {
  return [...initContainersOf(pod), ...containersOf(pod)];
}

export function findContainer(pod: Pod, name: string): Container | undefined {
  return allContainersOf(pod).find((container) => container.name === name);
}

export function findApiStatus(
  statuses: readonly ContainerStatus[] | undefined,
  name: string,
): ContainerStatus | undefined {
  return statuses?.find((status) => status.name === name);
}

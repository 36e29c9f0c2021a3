import type { Pod } from '#kube/types.ts';
import { nameOf, namespaceOf, uidOf } from '#kubelet/pod-facts.ts';

/** pkg/kubelet/kuberuntime/helpers.go */
export const podLogsRoot = '/var/log/pods';
export const containerLogsRoot = '/var/log/containers';

export function podLogsDirectory(namespace: string, name: string, uid: string): string {
  return `${podLogsRoot}/${namespace}_${name}_${uid}`;
}

export function podLogsDirectoryOf(pod: Pod): string {
  return podLogsDirectory(namespaceOf(pod), nameOf(pod), uidOf(pod));
}

/** Relative to the pod's directory. */
export function containerLogPath(name: string, restartCount: number): string {
  return `${name}/${restartCount}.log`;
}

/** The old place where log collectors look, a link to the new one (legacy.go). */
export function legacyLogSymlink(pod: Pod, container: string, id: string): string {
  return `${containerLogsRoot}/${nameOf(pod)}_${namespaceOf(pod)}_${container}-${id}.log`;
}

import type { Pod } from '#kube/types.ts';
import { podLogsDirectoryOf } from './kuberuntime/log-paths.ts';
import { allContainersOf, uidOf } from './pod-facts.ts';
import type { NodeFiles } from './ports.ts';

/** pkg/kubelet/config/defaults.go and kubelet_getters.go */
export const kubeletRoot = '/var/lib/kubelet';
export const podsRoot = `${kubeletRoot}/pods`;

export function podDirectory(uid: string): string {
  return `${podsRoot}/${uid}`;
}

/** `plugin` with its slash escaped, such as kubernetes.io~empty-dir. */
export function volumeDirectory(uid: string, plugin: string, volume: string): string {
  return `${podDirectory(uid)}/volumes/kubernetes.io~${plugin}/${volume}`;
}

export function containerDirectory(uid: string, container: string): string {
  return `${podDirectory(uid)}/containers/${container}`;
}

export function hostsFilePath(uid: string): string {
  return `${podDirectory(uid)}/etc-hosts`;
}

/**
 * All that the pod needs on the node, at once: each round trip to it is time that the pod waits
 * (kubelet_pods.go, makePodDataDirs, and kuberuntime's log directories).
 */
export async function makePodDirectories(
  files: NodeFiles,
  pod: Pod,
  signal: AbortSignal,
): Promise<void> {
  const uid = uidOf(pod);
  const logs = podLogsDirectoryOf(pod);
  const containers = allContainersOf(pod).map(({ name }) => name);
  const make = (path: string, mode: number) =>
    files.makeDirectory(path, { parents: true, mode, signal });
  await Promise.all([
    make(`${podDirectory(uid)}/volumes`, 0o750),
    ...containers.map((name) => make(containerDirectory(uid, name), 0o750)),
    ...containers.map((name) => make(`${logs}/${name}`, 0o755)),
  ]);
}

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

/** kubelet_pods.go, makePodDataDirs */
export async function makePodDataDirectories(
  files: NodeFiles,
  uid: string,
  signal: AbortSignal,
): Promise<void> {
  const make = (path: string) => files.makeDirectory(path, { parents: true, mode: 0o750, signal });
  await Promise.all([make(`${podDirectory(uid)}/volumes`), make(`${podDirectory(uid)}/plugins`)]);
}

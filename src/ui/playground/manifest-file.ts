/** What the kubelet reads by itself (docs/kubelet.md). */
const staticPods = '/etc/kubernetes/manifests';

export const usualFile = '/root/pod.yaml';

/** Characters; the longest name of a file (NAME_MAX of linux/limits.h). */
const longestName = 255;

/**
 * Whether a manifest may have this path: a name that no shell reads anything into, in the reader's home or among the
 * kubelet's static pods. A link from elsewhere may say any.
 */
export function isManifestFile(path: string): boolean {
  const [, name = ''] =
    /^(?:\/root|\/etc\/kubernetes\/manifests)\/([\w][\w.-]*\.ya?ml)$/.exec(path) ?? [];
  return name !== '' && name.length <= longestName;
}

/** Whether a manifest is in the reader's home, where its name means nothing to anybody. */
export function isInHome(file: string): boolean {
  return file.startsWith('/root/');
}

/** What is typed once the file is there; a static pod is the kubelet's to find. */
export function commandAfter(file: string): string {
  return file.startsWith(`${staticPods}/`) ? 'kubectl get pods' : `kubectl apply -f ${file}`;
}

import { SandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import { nameOf, namespaceOf, uidOf } from '#kubelet/pod-facts.ts';

export interface PodAddresses {
  podIPs: readonly string[];
  hostIP: string;
}

/** A field of a pod as text, for environment variables and downward API files (pkg/fieldpath and kubelet_pods.go). */
export function podFieldValue(path: string, pod: Pod, { podIPs, hostIP }: PodAddresses): string {
  const { labels = {}, annotations = {} } = pod.metadata ?? {};
  const subscript = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (subscript)
    return (subscript[1] === 'labels' ? labels : annotations)[subscript[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return nameOf(pod);
    case 'metadata.namespace':
      return namespaceOf(pod);
    case 'metadata.uid':
      return uidOf(pod);
    case 'metadata.labels':
      return formatMap(labels);
    case 'metadata.annotations':
      return formatMap(annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIP;
    case 'status.podIP':
      return podIPs[0] ?? '';
    case 'status.podIPs':
      return podIPs.join(',');
    default:
      throw new SandglassError('invalid-argument', `unsupported fieldPath: ${path}`);
  }
}

/** One `key="value"` a line, by key. */
function formatMap(map: Record<string, string>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

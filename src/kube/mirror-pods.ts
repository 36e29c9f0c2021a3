import type { Pod } from './types.ts';

/** Of a static pod's image in the API: the hash of the static pod's file (pkg/kubelet/types/pod_update.go, ConfigMirrorAnnotationKey). */
export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/**
 * The UID that the node knows a pod by: its sandboxes, cgroup, directories, and the kubelet's events have it. A static
 * pod's is the hash of its file; the one that the API server gives to its mirror the node never hears of.
 */
export function uidOnNode({ metadata }: Pod): string {
  return metadata?.annotations?.[mirrorAnnotation] ?? metadata?.uid ?? '';
}

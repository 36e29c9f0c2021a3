import type { Pod } from '#kube/types.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import { isHostNetworkPod } from '#kubelet/pod-facts.ts';

export interface SandboxChange {
  changed: boolean;
  /** Of the sandbox to make, counted from 0. */
  attempt: number;
  /** The newest sandbox's, if there is one. */
  sandboxId: string | undefined;
}

/** Whether the pod needs another sandbox than it has (pkg/kubelet/kuberuntime/util/util.go). */
export function podSandboxChanged(pod: Pod, status: PodStatus): SandboxChange {
  const [newest] = status.sandboxes;
  if (!newest) return { changed: true, attempt: 0, sandboxId: undefined };
  const renewed = { changed: true, attempt: newest.attempt + 1, sandboxId: newest.id };
  if (status.sandboxes.filter(({ ready }) => ready).length > 1) return renewed;
  if (!newest.ready) return renewed;
  if (newest.hostNetwork !== isHostNetworkPod(pod)) return { ...renewed, sandboxId: undefined };
  if (!isHostNetworkPod(pod) && newest.ips.length === 0) return renewed;
  return { changed: false, attempt: newest.attempt, sandboxId: newest.id };
}

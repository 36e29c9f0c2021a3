import type { Pod, PodStatus } from '#kube/types.ts';
import { restartsAfter } from '#kubelet/kuberuntime/restart-policy.ts';
import { findApiStatus } from '#kubelet/pod-facts.ts';

/**
 * Whether a container that has ended for good would run or wait again by the new status: so it seems to a kubelet
 * that begins anew and finds no record of it (status_manager.go, checkContainerStateTransition).
 */
export function undoesAnEnd(before: PodStatus, next: PodStatus, pod: Pod): boolean {
  return (pod.spec?.containers ?? []).some((container) => {
    const ended = findApiStatus(before.containerStatuses ?? [], container.name)?.state?.terminated;
    if (!ended || restartsAfter(container, pod, ended.exitCode)) return false;
    const now = findApiStatus(next.containerStatuses ?? [], container.name);
    return now !== undefined && !now.state?.terminated;
  });
}

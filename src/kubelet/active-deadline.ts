import type { Clock } from '#base/clock.ts';
import { timeOf } from '#kube/time.ts';
import type { Pod, PodStatus } from '#kube/types.ts';

/** pkg/kubelet/active_deadline.go */
export const deadlineReason = 'DeadlineExceeded';
export const deadlineMessage = 'Pod was active on the node longer than the specified deadline';

/** Whether the pod has been active for longer than it may. */
export function isDeadlineExceeded(pod: Pod, status: PodStatus | undefined, clock: Clock): boolean {
  const seconds = pod.spec?.activeDeadlineSeconds;
  const startTime = status?.startTime ?? pod.status?.startTime;
  if (seconds === undefined || startTime === undefined) return false;
  return clock.wallTime() - timeOf(startTime) >= seconds * 1000;
}

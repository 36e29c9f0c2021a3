import type { Container, Pod } from '#kube/types.ts';
import { allContainersOf } from '#kubelet/pod-facts.ts';
import { limitOf, requestOf } from './resources.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const computeResources = ['cpu', 'memory'] as const;

/** pkg/apis/core/v1/helper/qos/qos.go */
export function qosClassOf(pod: Pod): QosClass {
  const containers = allContainersOf(pod);
  const mentions = containers.some((container) =>
    computeResources.some(
      (name) => !requestOf(container, name).isZero() || !limitOf(container, name).isZero(),
    ),
  );
  if (!mentions) return 'BestEffort';
  const guaranteed = containers.every((container) =>
    computeResources.every((name) => {
      const limit = limitOf(container, name);
      return !limit.isZero() && limit.compare(requestOf(container, name)) === 0;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const guaranteedScore = -997;
const bestEffortScore = 1000;

/** Whom the kernel kills first when memory runs out (pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust). */
export function oomScoreAdjust(pod: Pod, container: Container, memoryCapacity: number): number {
  if (isNodeCriticalPod(pod)) return guaranteedScore;
  switch (qosClassOf(pod)) {
    case 'Guaranteed':
      return guaranteedScore;
    case 'BestEffort':
      return bestEffortScore;
    case 'Burstable':
  }
  const request = requestOf(container, 'memory').value();
  const score = 1000 - Math.floor((1000 * request) / memoryCapacity);
  // Always between guaranteed and best effort.
  return Math.min(bestEffortScore - 1, Math.max(1000 + guaranteedScore, score));
}

/** pkg/kubelet/types/pod_update.go, IsNodeCriticalPod */
function isNodeCriticalPod(pod: Pod): boolean {
  return pod.spec?.priorityClassName === 'system-node-critical';
}

import type { Container, ContainerStatus, Pod } from '#kube/types.ts';
import {
  containersOf,
  findApiStatus,
  initContainersOf,
  isRestartableInitContainer,
} from '#kubelet/pod-facts.ts';
import { restartsAfter } from '#kubelet/kuberuntime/restart-policy.ts';
import { hasAnyRegularContainerStarted } from './conditions.ts';

interface Count {
  pendingInit: number;
  failedInit: number;
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
}

/** The phase that the containers' states amount to (kubelet_pods.go, getPhase). */
export function podPhase(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  podIsTerminal: boolean,
): string {
  const count = countInit(pod, statuses);
  countContainers(pod, statuses, count);
  const restartPolicy = pod.spec?.restartPolicy ?? 'Always';
  if (count.failedInit > 0 && restartPolicy === 'Never') return 'Failed';
  const initializing = count.pendingInit > 0 && !hasAnyRegularContainerStarted(pod, statuses);
  if (initializing || count.waiting > 0) return 'Pending';
  if (count.running > 0 && count.unknown === 0) return podIsTerminal ? ended(count) : 'Running';
  if (count.running === 0 && count.stopped > 0 && count.unknown === 0) {
    if (podIsTerminal) return ended(count);
    if (willRestart(pod, statuses)) return 'Running';
    return ended(count);
  }
  return 'Pending';
}

function ended({ stopped, succeeded }: Count): string {
  return stopped === succeeded && stopped > 0 ? 'Succeeded' : 'Failed';
}

function willRestart(pod: Pod, statuses: readonly ContainerStatus[]): boolean {
  return containersOf(pod).some((container) => {
    const terminated = terminatedOf(container, statuses);
    return terminated !== undefined && restartsAfter(container, pod, terminated.exitCode);
  });
}

function terminatedOf(container: Container, statuses: readonly ContainerStatus[]) {
  const status = findApiStatus(statuses, container.name);
  return status?.state?.terminated ?? status?.lastState?.terminated;
}

function countInit(pod: Pod, statuses: readonly ContainerStatus[]): Count {
  const count = {
    pendingInit: 0,
    failedInit: 0,
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    succeeded: 0,
  };
  for (const container of initContainersOf(pod)) {
    const status = findApiStatus(statuses, container.name);
    if (!status) {
      count.pendingInit++;
    } else if (isRestartableInitContainer(container)) {
      if (status.state?.running) {
        if (status.started !== true) count.pendingInit++;
        count.running++;
      } else if (status.state?.terminated) {
        count.stopped++;
        if (status.state.terminated.exitCode === 0) count.succeeded++;
      } else if (status.lastState?.terminated) {
        // It has begun before, so it holds the pod back no more.
        count.stopped++;
      } else {
        count.pendingInit++;
      }
    } else if (status.state?.running) {
      count.pendingInit++;
    } else {
      const terminated = status.state?.terminated ?? status.lastState?.terminated;
      if (!terminated) count.pendingInit++;
      else if (terminated.exitCode !== 0) count.failedInit++;
      else if (!status.state?.terminated) count.pendingInit++;
    }
  }
  return count;
}

function countContainers(pod: Pod, statuses: readonly ContainerStatus[], count: Count): void {
  for (const container of containersOf(pod)) {
    const status = findApiStatus(statuses, container.name);
    if (!status) {
      count.unknown++;
    } else if (status.state?.running) {
      count.running++;
    } else if (status.state?.terminated) {
      count.stopped++;
      if (status.state.terminated.exitCode === 0) count.succeeded++;
    } else if (status.state?.waiting) {
      if (status.lastState?.terminated) count.stopped++;
      else count.waiting++;
    } else {
      count.unknown++;
    }
  }
}

import type { Container, Pod } from '#kube/types.ts';
import {
  type ContainerStatus,
  type PodStatus,
  findContainerStatus,
} from '#kubelet/container/types.ts';
import { containersOf, initContainersOf, isRestartableInitContainer } from '#kubelet/pod-facts.ts';
import { type PodActions, type ProbeVerdicts, killUnknown } from './compute-pod-actions.ts';
import { hashContainer } from './hash.ts';
import { shouldRestartOnFailure } from './restart-policy.ts';

/**
 * What to do about init containers; true when the regular ones may start (kuberuntime_container.go,
 * computeInitContainerActions). They are looked at from the last, so that what came before one that
 * has begun counts as done, except sidecars, which are kept running.
 */
export function computeInitContainerActions(
  pod: Pod,
  status: PodStatus,
  probes: ProbeVerdicts,
  actions: PodActions,
): boolean {
  const containers = initContainersOf(pod);
  if (containers.length === 0) return true;
  const initialized = hasAnyRegularContainerCreated(pod, status);
  if (!containers.some(({ name }) => findContainerStatus(status, name))) {
    if (initialized) {
      // Their records are gone; only sidecars have to run again.
      actions.initContainersToStart.push(...containers.filter(isRestartableInitContainer));
      return true;
    }
    const [first] = containers;
    if (first) actions.initContainersToStart.push(first);
    return false;
  }
  const walk = { pod, status, probes, actions, initialized, done: initialized };
  for (let index = containers.length - 1; index >= 0; index--) {
    const container = containers[index];
    if (!container) continue;
    const current = findContainerStatus(status, container.name);
    if (!current) {
      // Behind one that has begun a sidecar without a record is lost, so it is started again.
      if (walk.done && isRestartableInitContainer(container))
        actions.initContainersToStart.unshift(container);
      continue;
    }
    const next = containers[index + 1];
    const outcome = isRestartableInitContainer(container)
      ? sidecarActions(walk, container, current, next)
      : initActions(walk, container, current, next);
    if (outcome === 'stop') break;
    walk.done = true;
  }
  return initialized || walkEnded(pod, status, probes);
}

interface Walk {
  pod: Pod;
  status: PodStatus;
  probes: ProbeVerdicts;
  actions: PodActions;
  /** Regular containers have been created, so init is long over. */
  initialized: boolean;
  /** One further down has begun. */
  done: boolean;
}

function sidecarActions(
  walk: Walk,
  container: Container,
  current: ContainerStatus,
  next: Container | undefined,
): 'go on' | 'stop' {
  const { actions, probes } = walk;
  switch (current.state) {
    case 'created':
      // Left by a kubelet that was ended between the two calls.
      actions.initContainersToStart.unshift(container);
      return 'go on';
    case 'running': {
      if (!walk.done && next && hasStarted(container, current, probes))
        actions.initContainersToStart.push(next);
      restartIfFailed(walk, container, current);
      return 'go on';
    }
    case 'exited':
      actions.initContainersToStart.unshift(container);
      return 'go on';
    case 'unknown':
      actions.containersToKill.push(killUnknown(current, 'Init container'));
      actions.initContainersToStart.unshift(container);
      return 'go on';
  }
}

function restartIfFailed(
  { actions, probes }: Walk,
  container: Container,
  current: ContainerStatus,
): void {
  const { name } = container;
  const kill = (message: string, reason: 'StartupProbe' | 'LivenessProbe' | undefined) => {
    actions.containersToKill.push({ id: current.id, name, message, reason });
    actions.initContainersToStart.unshift(container);
  };
  if (current.hash !== hashContainer(container)) {
    kill(`Init container ${name} definition changed`, undefined);
  } else if (probes.startupFailed(current.id)) {
    kill(`Init container ${name} failed startup probe`, 'StartupProbe');
  } else if (probes.livenessFailed(current.id)) {
    kill(`Init container ${name} failed liveness probe`, 'LivenessProbe');
  }
}

function initActions(
  walk: Walk,
  container: Container,
  current: ContainerStatus,
  next: Container | undefined,
): 'go on' | 'stop' {
  const { actions, pod } = walk;
  // One further down has begun, so this one has ended well.
  if (walk.done) return 'go on';
  switch (current.state) {
    case 'created':
      actions.initContainersToStart.unshift(container);
      return 'go on';
    case 'running':
      return 'go on';
    case 'exited':
      if (current.exitCode === 0) {
        if (next) actions.initContainersToStart.push(next);
        return 'go on';
      }
      if (!shouldRestartOnFailure(pod)) {
        actions.killPod = true;
        actions.initContainersToStart = [];
        return 'stop';
      }
      actions.initContainersToStart.unshift(container);
      return 'go on';
    case 'unknown':
      if (!shouldRestartOnFailure(pod)) {
        actions.killPod = true;
        actions.initContainersToStart = [];
        return 'stop';
      }
      actions.containersToKill.push(killUnknown(current, 'Init container'));
      actions.initContainersToStart.unshift(container);
      return 'go on';
  }
}

function hasStarted(container: Container, { id }: ContainerStatus, probes: ProbeVerdicts): boolean {
  return !container.startupProbe || probes.startupSucceeded(id);
}

/** Whether the last init container has ended well or, as a sidecar, has started. */
function walkEnded(pod: Pod, status: PodStatus, probes: ProbeVerdicts): boolean {
  const last = initContainersOf(pod).at(-1);
  const current = last && findContainerStatus(status, last.name);
  if (!current) return false;
  if (isRestartableInitContainer(last))
    return current.state === 'running' && hasStarted(last, current, probes);
  return current.state === 'exited' && current.exitCode === 0;
}

export function hasAnyRegularContainerCreated(pod: Pod, status: PodStatus): boolean {
  return containersOf(pod).some(({ name }) => findContainerStatus(status, name));
}

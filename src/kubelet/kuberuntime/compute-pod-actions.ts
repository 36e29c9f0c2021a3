import type { Container, Pod } from '#kube/types.ts';
import {
  type ContainerStatus,
  type PodStatus,
  findContainerStatus,
} from '#kubelet/container/types.ts';
import { containersOf, initContainersOf } from '#kubelet/pod-facts.ts';
import { hashContainer } from './hash.ts';
import { computeInitContainerActions, hasAnyRegularContainerCreated } from './init-containers.ts';
import { podSandboxChanged } from './pod-sandbox-changed.ts';
import { shouldContainerBeRestarted, shouldRestartOnFailure } from './restart-policy.ts';

/** Why a container is killed, where that changes how long it has. */
export type KillReason = 'StartupProbe' | 'LivenessProbe' | 'FailedPostStartHook' | 'Unknown';

export interface ContainerToKill {
  id: string;
  name: string;
  message: string;
  reason: KillReason | undefined;
}

/** What brings a pod from what it is to what it should be (kuberuntime_manager.go, podActions). */
export interface PodActions {
  killPod: boolean;
  createSandbox: boolean;
  sandboxId: string | undefined;
  attempt: number;
  initContainersToStart: Container[];
  containersToStart: Container[];
  containersToKill: ContainerToKill[];
}

export interface ProbeVerdicts {
  livenessFailed(containerId: string): boolean;
  startupFailed(containerId: string): boolean;
  startupSucceeded(containerId: string): boolean;
}

/** kuberuntime_manager.go, computePodActions */
export function computePodActions(pod: Pod, status: PodStatus, probes: ProbeVerdicts): PodActions {
  const sandbox = podSandboxChanged(pod, status);
  const actions: PodActions = {
    killPod: sandbox.changed,
    createSandbox: sandbox.changed,
    sandboxId: sandbox.sandboxId,
    attempt: sandbox.attempt,
    initContainersToStart: [],
    containersToStart: [],
    containersToKill: [],
  };
  if (sandbox.changed) return forNewSandbox(pod, status, actions);
  const initialized = computeInitContainerActions(pod, status, probes, actions);
  if (actions.killPod || !initialized) return actions;
  const kept = computeContainerActions(pod, status, probes, actions);
  if (kept === 0 && actions.containersToStart.length === 0) {
    actions.killPod = true;
    // Sidecars alone do not keep a pod alive.
    actions.initContainersToStart = [];
  }
  return actions;
}

function forNewSandbox(pod: Pod, status: PodStatus, actions: PodActions): PodActions {
  // Not for a pod that has run and must not be restarted.
  if (!shouldRestartOnFailure(pod) && actions.attempt !== 0 && status.containers.length > 0) {
    return { ...actions, createSandbox: false };
  }
  const toStart = containersOf(pod).filter(
    ({ name }) =>
      pod.spec?.restartPolicy !== 'OnFailure' || !succeeded(findContainerStatus(status, name)),
  );
  if (toStart.length === 0 && hasAnyRegularContainerCreated(pod, status)) {
    return { ...actions, createSandbox: false };
  }
  const [firstInit] = initContainersOf(pod);
  if (firstInit) return { ...actions, initContainersToStart: [firstInit] };
  return { ...actions, containersToStart: toStart };
}

/** Returns how many containers are left running. */
function computeContainerActions(
  pod: Pod,
  status: PodStatus,
  probes: ProbeVerdicts,
  actions: PodActions,
): number {
  let kept = 0;
  for (const container of containersOf(pod)) {
    const current = findContainerStatus(status, container.name);
    if (current?.state !== 'running') {
      if (!shouldContainerBeRestarted(container, pod, status)) continue;
      actions.containersToStart.push(container);
      if (current?.state === 'unknown')
        actions.containersToKill.push(killUnknown(current, 'Container'));
      continue;
    }
    const verdict = reasonToKill(container, current, probes);
    if (!verdict) {
      kept++;
      continue;
    }
    const restart = verdict.always || shouldRestartOnFailure(pod);
    if (restart) actions.containersToStart.push(container);
    actions.containersToKill.push({
      id: current.id,
      name: container.name,
      message: restart ? `${verdict.message}, will be restarted` : verdict.message,
      reason: verdict.reason,
    });
  }
  return kept;
}

function reasonToKill(
  container: Container,
  { id, hash }: ContainerStatus,
  probes: ProbeVerdicts,
): { message: string; reason: KillReason | undefined; always: boolean } | undefined {
  const { name } = container;
  if (hash !== hashContainer(container)) {
    return { message: `Container ${name} definition changed`, reason: undefined, always: true };
  }
  if (probes.livenessFailed(id)) {
    return {
      message: `Container ${name} failed liveness probe`,
      reason: 'LivenessProbe',
      always: false,
    };
  }
  if (probes.startupFailed(id)) {
    return {
      message: `Container ${name} failed startup probe`,
      reason: 'StartupProbe',
      always: false,
    };
  }
  return undefined;
}

export function killUnknown({ id, name, state }: ContainerStatus, what: string): ContainerToKill {
  return {
    id,
    name,
    message: `${what} is in "${state}" state, try killing it before restart`,
    reason: 'Unknown',
  };
}

function succeeded(status: ContainerStatus | undefined): boolean {
  return status?.state === 'exited' && status.exitCode === 0;
}

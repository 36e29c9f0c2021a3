import type {
  PodStatus as ApiPodStatus,
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
} from '#kube/types.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import { podSandboxChanged } from '#kubelet/kuberuntime/pod-sandbox-changed.ts';
import {
  containersOf,
  findApiStatus,
  initContainersOf,
  isRestartableInitContainer,
} from '#kubelet/pod-facts.ts';

/** A condition as generated: the times come when it is merged with what was before. */
type Condition = Pick<
  PodCondition,
  'type' | 'status' | 'reason' | 'message' | 'observedGeneration'
>;

/** pkg/kubelet/status/generate.go */
export function podConditions(
  pod: Pod,
  statuses: readonly ContainerStatus[] | undefined,
  initStatuses: readonly ContainerStatus[] | undefined,
  phase: string,
  podStatus: PodStatus,
): Condition[] {
  const all = statuses || initStatuses ? [...(initStatuses ?? []), ...(statuses ?? [])] : undefined;
  return [
    {
      type: 'PodReadyToStartContainers',
      status: podSandboxChanged(pod, podStatus).changed ? 'False' : 'True',
    },
    initializedCondition(pod, all, phase),
    readyCondition(pod, all, phase),
    containersReadyCondition(pod, all, phase),
    { type: 'PodScheduled', status: 'True' },
  ].map((condition) => observed(pod, condition));
}

export function containersReadyCondition(
  pod: Pod,
  statuses: readonly ContainerStatus[] | undefined,
  phase: string,
): Condition {
  const type = 'ContainersReady';
  if (!statuses) return { type, status: 'False', reason: 'UnknownContainerStatuses' };
  const needed = [
    ...initContainersOf(pod).filter(isRestartableInitContainer),
    ...containersOf(pod),
  ];
  const { unknown, lacking } = sortOut(needed, statuses, ({ ready }) => ready);
  if (phase === 'Succeeded' && unknown.length === 0)
    return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const message = describe(unknown, lacking, 'unready');
  if (message === '') return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotReady', message };
}

export function readyCondition(
  pod: Pod,
  statuses: readonly ContainerStatus[] | undefined,
  phase: string,
): Condition {
  const containersReady = { ...containersReadyCondition(pod, statuses, phase), type: 'Ready' };
  if (containersReady.status !== 'True') return containersReady;
  const existing = pod.status?.conditions ?? [];
  const lacking = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = existing.find(({ type }) => type === conditionType);
    if (!gate)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (gate.status === 'True') return [];
    return [
      `the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`,
    ];
  });
  if (lacking.length === 0) return { type: 'Ready', status: 'True' };
  return {
    type: 'Ready',
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: lacking.join(', '),
  };
}

/** The status' conditions with those of readiness as the containers now have it. */
export function withReadiness(
  pod: Pod,
  containers: readonly ContainerStatus[],
  { phase = '', conditions = [] }: ApiPodStatus,
): PodCondition[] {
  const renewed = [readyCondition, containersReadyCondition].map((generate) =>
    observed(pod, generate(pod, containers, phase)),
  );
  const kept = conditions.map((old) => renewed.find(({ type }) => type === old.type) ?? old);
  return [...kept, ...renewed.filter((condition) => !kept.includes(condition))];
}

/** A condition keeps its time for as long as its status does (status_manager.go, updateLastTransitionTime). */
export function withTransitionTimes(
  conditions: readonly PodCondition[],
  before: readonly PodCondition[],
  now: string,
): PodCondition[] {
  return conditions.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const kept = old?.status === condition.status ? old.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: kept ?? now };
  });
}

function initializedCondition(
  pod: Pod,
  statuses: readonly ContainerStatus[] | undefined,
  phase: string,
): Condition {
  const type = 'Initialized';
  const init = initContainersOf(pod);
  if (!statuses && init.length > 0)
    return { type, status: 'False', reason: 'UnknownContainerStatuses' };
  const known = statuses ?? [];
  const { unknown, lacking } = sortOut(init, known, (status, container) =>
    isRestartableInitContainer(container) ? status.started === true : status.ready,
  );
  if (phase === 'Succeeded' && unknown.length === 0)
    return { type, status: 'True', reason: 'PodCompleted' };
  // Sidecars may start again later without the pod's beginning anew.
  const message = hasAnyRegularContainerStarted(pod, known)
    ? ''
    : describe(unknown, lacking, 'incomplete');
  if (message === '') return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotInitialized', message };
}

/** pkg/kubelet/container/helpers.go, HasAnyRegularContainerStarted */
export function hasAnyRegularContainerStarted(
  pod: Pod,
  statuses: readonly ContainerStatus[],
): boolean {
  return containersOf(pod).some(({ name }) => {
    const status = findApiStatus(statuses, name);
    return (
      status !== undefined &&
      (status.state?.running !== undefined ||
        status.state?.terminated !== undefined ||
        status.lastState?.terminated !== undefined)
    );
  });
}

function sortOut(
  containers: readonly Container[],
  statuses: readonly ContainerStatus[],
  isGood: (status: ContainerStatus, container: Container) => boolean,
): { unknown: string[]; lacking: string[] } {
  const unknown: string[] = [];
  const lacking: string[] = [];
  for (const container of containers) {
    const status = findApiStatus(statuses, container.name);
    if (!status) unknown.push(container.name);
    else if (!isGood(status, container)) lacking.push(container.name);
  }
  return { unknown, lacking };
}

function describe(unknown: readonly string[], lacking: readonly string[], what: string): string {
  return [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(lacking.length > 0 ? [`containers with ${what} status: [${lacking.join(' ')}]`] : []),
  ].join(', ');
}

function observed(pod: Pod, condition: Condition): Condition {
  const generation = pod.metadata?.generation;
  return generation === undefined ? condition : { ...condition, observedGeneration: generation };
}

import type { Clock } from '#base/clock.ts';
import type { RuntimeHandler } from '#kube/cri/api_pb.ts';
import { timeNow } from '#kube/time.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus as ApiPodStatus } from '#kube/types.ts';
import { deadlineMessage, deadlineReason, isDeadlineExceeded } from '#kubelet/active-deadline.ts';
import { qosClassOf } from '#kubelet/cm/qos.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import { hasAnyRegularContainerCreated } from '#kubelet/kuberuntime/init-containers.ts';
import type { ReasonCache } from '#kubelet/kuberuntime/reason-cache.ts';
import {
  containersOf,
  initContainersOf,
  isHostNetworkPod,
  isTerminalPhase,
  uidOf,
} from '#kubelet/pod-facts.ts';
import { supportsRecursiveReadOnly } from '#kubelet/recursive-read-only.ts';
import { podConditions } from './conditions.ts';
import { containerStatuses } from './container-statuses.ts';
import { podPhase } from './phase.ts';

export interface ReadinessSource {
  /** Sets ready and started by the probes' results (pkg/kubelet/prober, UpdatePodStatus). */
  updateStatuses(pod: Pod, statuses: ContainerStatus[], init: ContainerStatus[]): void;
}

export interface StatusGeneratorOptions {
  clock: Clock;
  reasons: ReasonCache;
  probes: ReadinessSource;
  runtimeName: () => string;
  /** What the runtime says that it can do, by handler. */
  handlers: () => readonly RuntimeHandler[];
  hostIP: () => string;
  /** The status that the kubelet last gave the pod, newer than the API's. */
  cachedStatus: (uid: string) => ApiPodStatus | undefined;
}

/** A pod's status for the API from what the runtime says of it (kubelet_pods.go, generateAPIPodStatus). */
export class PodStatusGenerator {
  readonly #options: StatusGeneratorOptions;

  constructor(options: StatusGeneratorOptions) {
    this.#options = options;
  }

  generate(pod: Pod, podStatus: PodStatus, podIsTerminal: boolean): ApiPodStatus {
    const { clock, cachedStatus, probes, hostIP } = this.#options;
    const before = cachedStatus(uidOf(pod)) ?? pod.status ?? {};
    const { init, regular } = this.#containerStatuses(pod, podStatus, before);
    let phase = podPhase(pod, [...init, ...regular], podIsTerminal);
    // A pod that has ended stays so (kubelet_pods.go, generateAPIPodStatus).
    if (isTerminalPhase(before)) phase = before.phase ?? phase;
    else if (isTerminalPhase(pod.status)) phase = pod.status?.phase ?? phase;
    const overdue = !isTerminalPhase({ phase }) && isDeadlineExceeded(pod, before, clock);
    if (overdue) phase = 'Failed';
    probes.updateStatuses(pod, regular, init);
    const conditions = podConditions(
      pod,
      regular,
      init.length > 0 ? init : undefined,
      phase,
      podStatus,
    );
    const ips =
      isHostNetworkPod(pod) && podStatus.sandboxes.length > 0 ? [hostIP()] : podStatus.ips;
    const generation = pod.metadata?.generation;
    return {
      ...(generation !== undefined && { observedGeneration: generation }),
      phase,
      conditions: withOthers(conditions, before.conditions ?? []),
      hostIP: hostIP(),
      hostIPs: [{ ip: hostIP() }],
      ...(ips[0] !== undefined && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
      ...(before.reason !== undefined && isTerminalPhase({ phase }) && { reason: before.reason }),
      ...(before.message !== undefined &&
        isTerminalPhase({ phase }) && { message: before.message }),
      ...(overdue && { reason: deadlineReason, message: deadlineMessage }),
      startTime: before.startTime ?? pod.status?.startTime ?? timeNow(clock),
      ...(initContainersOf(pod).length > 0 && { initContainerStatuses: init }),
      containerStatuses: regular,
      qosClass: pod.status?.qosClass ?? qosClassOf(pod),
    };
  }

  #containerStatuses(pod: Pod, podStatus: PodStatus, before: ApiPodStatus) {
    const { reasons, runtimeName, handlers } = this.#options;
    const common = {
      pod,
      podStatus,
      hasInitialized: hasAnyRegularContainerCreated(pod, podStatus),
      reasonOf: (name: string) => reasons.get(uidOf(pod), name),
      runtimeName: runtimeName(),
      recursiveReadOnly: supportsRecursiveReadOnly(
        handlers(),
        podStatus.sandboxes[0]?.runtimeHandler ?? '',
      ),
    };
    const previousInit = before.initContainerStatuses ?? [];
    const previous = before.containerStatuses ?? [];
    return {
      init: containerStatuses(initContainersOf(pod), {
        ...common,
        previous: previousInit,
        isInit: true,
      }),
      regular: containerStatuses(containersOf(pod), { ...common, previous, isInit: false }),
    };
  }
}

/** Conditions that are not the kubelet's own stay as they are. */
function withOthers(own: readonly PodCondition[], before: readonly PodCondition[]): PodCondition[] {
  const types = new Set(own.map(({ type }) => type));
  return [...own, ...before.filter(({ type }) => !types.has(type))];
}

import { asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { PodSandboxConfig } from '#kube/cri/api_pb.ts';
import type { Container, Pod } from '#kube/types.ts';
import type { Backoff } from '#kubelet/backoff.ts';
import {
  type PodStatus,
  type RuntimePod,
  findContainerStatus,
  runningPodOf,
} from '#kubelet/container/types.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { formatDuration } from '#kube/go-duration.ts';
import { grpcErrorText } from '#kubelet/grpc-errors.ts';
import {
  formatPod,
  isHostNetworkPod,
  isRestartableInitContainer,
  namespaceOf,
  nameOf,
  uidOf,
} from '#kubelet/pod-facts.ts';
import type { Cri } from '#kubelet/ports.ts';
import { type PodActions, type ProbeVerdicts, computePodActions } from './compute-pod-actions.ts';
import type { ContainerKiller } from './container-killer.ts';
import { type ContainerStarter, StartError } from './container-starter.ts';
import { hashContainer } from './hash.ts';
import { pruneInitContainers } from './init-container-pruning.ts';
import { toSandboxStatus } from './runtime-pods.ts';
import { PodSyncResult } from './sync-result.ts';

export interface RuntimeManagerOptions {
  runtime: Cri['runtime'];
  starter: ContainerStarter;
  killer: ContainerKiller;
  recorder: EventRecorder;
  backoff: Backoff;
  probes: ProbeVerdicts;
  /** The handler of the pod's RuntimeClass; empty for the default. */
  runtimeHandler: (pod: Pod) => Promise<string>;
  sandboxConfig: (pod: Pod, attempt: number) => Promise<PodSandboxConfig>;
  isTerminationRequested: (uid: string) => boolean;
}

/** Makes a pod in the runtime what its spec says (pkg/kubelet/kuberuntime/kuberuntime_manager.go). */
export class RuntimeManager {
  readonly #options: RuntimeManagerOptions;

  constructor(options: RuntimeManagerOptions) {
    this.#options = options;
  }

  async syncPod(pod: Pod, status: PodStatus, signal: AbortSignal): Promise<PodSyncResult> {
    const { recorder, killer, probes } = this.#options;
    const result = new PodSyncResult();
    const actions = computePodActions(pod, status, probes);
    if (actions.createSandbox && actions.sandboxId !== undefined) {
      recorder.pod(
        pod,
        'Normal',
        reasons.sandboxChanged,
        'Pod sandbox changed, it will be killed and re-created.',
      );
    }
    if (actions.killPod) {
      const running = runningPodOf(status);
      const stopping = {
        ...running,
        sandboxes: running.sandboxes.filter(({ state }) => state === 'running'),
      };
      // A sandbox whose pause died still holds its network until it is stopped.
      await killer.killPod(
        pod,
        actions.createSandbox ? running : stopping,
        undefined,
        result,
        signal,
      );
      if (result.failures.length > 0) return result;
    } else if (!(await this.#killUnwanted(pod, actions, result, signal))) {
      return result;
    }
    await pruneInitContainers(
      this.#options.runtime,
      pod,
      status,
      actions.createSandbox ? 'all' : 'old',
      signal,
    );
    const sandbox = await this.#ensureSandbox(pod, status, actions, result, signal);
    if (sandbox) await this.#startContainers(pod, status, actions, sandbox, result, signal);
    return result;
  }

  /** Stops all that the runtime has of a pod. */
  async killPod(
    pod: Pod | undefined,
    running: RuntimePod,
    gracePeriodOverride: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const result = new PodSyncResult();
    await this.#options.killer.killPod(pod, running, gracePeriodOverride, result, signal);
    const error = result.error();
    if (error) throw error;
  }

  async #killUnwanted(
    pod: Pod,
    actions: PodActions,
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const { id, name, message, reason } of actions.containersToKill) {
      result.changed = true;
      try {
        await this.#options.killer.killContainer({ pod, id, name, message, reason, signal });
      } catch (error) {
        throwIfCancelled(signal);
        const text = grpcErrorText(error);
        result.fail({
          action: 'KillContainer',
          target: name,
          reason: 'KillContainerError',
          message: text,
        });
        return false;
      }
    }
    return true;
  }

  async #ensureSandbox(
    pod: Pod,
    status: PodStatus,
    { createSandbox, sandboxId, attempt, initContainersToStart, containersToStart }: PodActions,
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<{ id: string; ips: readonly string[]; config: PodSandboxConfig } | undefined> {
    const nothingToStart = initContainersToStart.length === 0 && containersToStart.length === 0;
    if (!createSandbox && (sandboxId === undefined || nothingToStart)) return undefined;
    let config: PodSandboxConfig;
    try {
      config = await this.#options.sandboxConfig(pod, attempt);
    } catch (error) {
      throwIfCancelled(signal);
      const message = `GeneratePodSandboxConfig for pod "${formatPod(pod)}" failed: ${asSandglassError(error).message}`;
      result.fail({
        action: 'ConfigPodSandbox',
        target: formatPod(pod),
        reason: 'ConfigPodSandboxError',
        message,
      });
      return undefined;
    }
    if (!createSandbox) return { id: sandboxId ?? '', ips: status.ips, config };
    result.changed = true;
    const created = await this.#createSandbox(pod, config, result, signal);
    return created && { ...created, config };
  }

  async #createSandbox(
    pod: Pod,
    config: PodSandboxConfig,
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<{ id: string; ips: readonly string[] } | undefined> {
    const { runtime, recorder, runtimeHandler, isTerminationRequested } = this.#options;
    const fail = (message: string, reason: string, text: string) => {
      result.fail({
        action: 'CreatePodSandbox',
        target: formatPod(pod),
        reason: 'CreatePodSandboxError',
        message,
      });
      recorder.pod(pod, 'Warning', reason, text);
    };
    let id: string;
    try {
      const handler = await runtimeHandler(pod);
      ({ podSandboxId: id } = await runtime.runPodSandbox(
        { config, runtimeHandler: handler },
        { signal },
      ));
    } catch (error) {
      throwIfCancelled(signal);
      // Of a pod that is being deleted meanwhile this is nobody's trouble.
      if (isTerminationRequested(uidOf(pod))) return undefined;
      const text = grpcErrorText(error);
      fail(
        `Failed to create sandbox for pod "${formatPod(pod)}": ${text}`,
        reasons.failedCreatePodSandBox,
        `Failed to create pod sandbox: ${text}`,
      );
      return undefined;
    }
    try {
      const { status } = await runtime.podSandboxStatus({ podSandboxId: id }, { signal });
      return { id, ips: status && !isHostNetworkPod(pod) ? toSandboxStatus(status).ips : [] };
    } catch (error) {
      throwIfCancelled(signal);
      const text = grpcErrorText(error);
      fail(text, reasons.failedStatusPodSandBox, `Unable to get pod sandbox status: ${text}`);
      return undefined;
    }
  }

  async #startContainers(
    pod: Pod,
    status: PodStatus,
    { initContainersToStart, containersToStart }: PodActions,
    sandbox: { id: string; ips: readonly string[]; config: PodSandboxConfig },
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<void> {
    for (const container of initContainersToStart) {
      const started = await this.#start(pod, container, status, sandbox, result, signal);
      if (!started && !isRestartableInitContainer(container)) return;
    }
    for (const container of containersToStart) {
      await this.#start(pod, container, status, sandbox, result, signal);
    }
  }

  async #start(
    pod: Pod,
    container: Container,
    status: PodStatus,
    sandbox: { id: string; ips: readonly string[]; config: PodSandboxConfig },
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<boolean> {
    throwIfCancelled(signal);
    const target = container.name;
    if (this.#holdBack(pod, container, status, result)) return false;
    try {
      await this.#options.starter.start({ pod, container, status, sandbox, signal });
      result.changed = true;
      result.startedContainers.push(target);
      return true;
    } catch (error) {
      throwIfCancelled(signal);
      if (!(error instanceof StartError)) throw error;
      const { reason, message, expiry } = error;
      // What failed after its creation is there to be seen.
      result.changed ||= reason !== 'ImagePullBackOff';
      result.fail({ action: 'StartContainer', target, reason, message, expiry });
      return false;
    }
  }

  /** doBackOff: a container that ended lately has to wait. */
  #holdBack(pod: Pod, container: Container, status: PodStatus, result: PodSyncResult): boolean {
    const { backoff, recorder } = this.#options;
    const last = findContainerStatus(status, container.name);
    if (last?.state !== 'exited') return false;
    const key = `${nameOf(pod)}_${namespaceOf(pod)}_${uidOf(pod)}_${container.name}_${hashContainer(container)}`;
    if (!backoff.isInBackOffSince(key, last.finishedAt)) {
      backoff.next(key, last.finishedAt);
      return false;
    }
    recorder.container(
      pod,
      container,
      'Warning',
      reasons.backOff,
      `Back-off restarting failed container ${container.name} in pod ${formatPod(pod)}`,
    );
    const delay = backoff.get(key);
    result.fail({
      action: 'StartContainer',
      target: container.name,
      reason: 'CrashLoopBackOff',
      message: `back-off ${formatDuration(delay)} restarting failed container=${container.name} pod=${formatPod(pod)}`,
      expiry: last.finishedAt + delay,
    });
    return true;
  }
}

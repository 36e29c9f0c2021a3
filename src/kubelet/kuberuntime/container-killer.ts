import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/clock.ts';
import { asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { Container, Pod } from '#kube/types.ts';
import type { RuntimeContainer, RuntimePod } from '#kubelet/container/types.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { grpcErrorText, isNotFound } from '#kubelet/grpc-errors.ts';
import {
  containersOf,
  findContainer,
  initContainersOf,
  isRestartableInitContainer,
} from '#kubelet/pod-facts.ts';
import type { Cri } from '#kubelet/ports.ts';
import type { KillReason } from './compute-pod-actions.ts';
import {
  containerInfoFromAnnotations,
  containerNameLabel,
  podNameLabel,
  podNamespaceLabel,
  podUidLabel,
} from './labels.ts';
import type { LifecycleHooks } from './lifecycle-hooks.ts';
import type { PodSyncResult } from './sync-result.ts';

/** kuberuntime_container.go, minimumGracePeriodInSeconds */
const minimumGracePeriod = 2;

export interface ContainerKillerOptions {
  runtime: Cri['runtime'];
  hooks: LifecycleHooks;
  /** As last known; empty if it has none. */
  podIP: (pod: Pod) => string;
  recorder: EventRecorder;
  clock: Clock;
}

/** Stops containers and pods with what grace they have (kuberuntime_container.go, killContainer). */
export class ContainerKiller {
  readonly #options: ContainerKillerOptions;

  constructor(options: ContainerKillerOptions) {
    this.#options = options;
  }

  /** Stops all that runs of a pod, then its sandboxes. */
  async killPod(
    pod: Pod | undefined,
    running: RuntimePod,
    gracePeriodOverride: number | undefined,
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<void> {
    const ordering = new TerminationOrdering(pod, running);
    await Promise.all(
      running.containers.map(async (container) => {
        const { id, name } = container;
        try {
          await this.killContainer({
            pod,
            id,
            name,
            message: '',
            gracePeriodOverride,
            ordering,
            signal,
          });
          result.changed = true;
        } catch (error) {
          result.fail({
            action: 'KillContainer',
            target: name,
            reason: 'KillContainerError',
            message: grpcErrorText(error),
          });
        } finally {
          ordering.ended(name);
        }
      }),
    );
    // Stopping the sandbox ends its containers at once, which is not what shortened their grace.
    throwIfCancelled(signal);
    for (const sandbox of running.sandboxes)
      await this.#stopSandbox(sandbox, running, result, signal);
  }

  async killContainer(request: {
    pod: Pod | undefined;
    id: string;
    name: string;
    message: string;
    reason?: KillReason | undefined;
    gracePeriodOverride?: number | undefined;
    ordering?: TerminationOrdering;
    signal: AbortSignal;
  }): Promise<void> {
    const { runtime, recorder, clock } = this.#options;
    const { id, name, ordering, signal } = request;
    const { pod, container } = await this.#specOf(request.pod, id, name, signal);
    let grace = request.gracePeriodOverride ?? gracePeriodOf(pod, container, request.reason);
    const message = request.message === '' ? `Stopping container ${name}` : request.message;
    recorder.container(pod, container, 'Normal', reasons.killing, message);
    const begun = clock.now();
    if (container.lifecycle?.preStop && grace > 0) {
      await this.#preStop(pod, container, id, grace, signal);
    }
    await ordering?.turnOf(name);
    grace -= Math.floor((clock.now() - begun) / 1000);
    const timeout = Math.max(minimumGracePeriod, grace);
    try {
      await runtime.stopContainer({ containerId: id, timeout: BigInt(timeout) }, { signal });
    } catch (error) {
      // One that was removed meanwhile is stopped for good.
      if (!isNotFound(error)) throw error;
    }
  }

  async #preStop(
    pod: Pod,
    container: Container,
    id: string,
    grace: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { hooks, podIP } = this.#options;
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const hook = hooks
      .run(container, id, container.lifecycle?.preStop ?? {}, podIP(pod), both)
      .catch((error: unknown) => {
        if (both.aborted) return;
        this.#options.recorder.container(
          pod,
          container,
          'Warning',
          reasons.failedPreStopHook,
          'PreStopHook failed',
        );
        return asSandglassError(error);
      });
    const timer = sleep(this.#options.clock, grace * 1000, both).catch(() => undefined);
    await Promise.race([hook, timer]);
    over.abort();
  }

  async #stopSandbox(
    { id }: RuntimeContainer,
    { name, namespace }: RuntimePod,
    result: PodSyncResult,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#options.runtime.stopPodSandbox({ podSandboxId: id }, { signal });
      result.changed = true;
    } catch (error) {
      if (isNotFound(error)) return;
      result.fail({
        action: 'KillPodSandbox',
        target: `${name}_${namespace}`,
        reason: 'KillPodSandboxError',
        message: grpcErrorText(error),
      });
    }
  }

  /** What is needed of pod and container, from their labels where the pod is not known any more. */
  async #specOf(
    pod: Pod | undefined,
    id: string,
    name: string,
    signal: AbortSignal,
  ): Promise<{ pod: Pod; container: Container }> {
    const known = pod && findContainer(pod, name);
    if (known) return { pod, container: known };
    const { status } = await this.#options.runtime.containerStatus({ containerId: id }, { signal });
    const labels = status?.labels ?? {};
    const info = containerInfoFromAnnotations(status?.annotations ?? {});
    const container: Container = {
      name: labels[containerNameLabel] ?? name,
      ...(info.preStop && { lifecycle: { preStop: info.preStop } }),
    };
    if (pod) return { pod, container };
    const [podName, namespace, uid] = [
      labels[podNameLabel],
      labels[podNamespaceLabel],
      labels[podUidLabel],
    ];
    const grace = info.terminationGracePeriod;
    return {
      container,
      pod: {
        metadata: {
          ...(podName !== undefined && { name: podName }),
          ...(namespace !== undefined && { namespace }),
          ...(uid !== undefined && { uid }),
          ...(info.deletionGracePeriod !== undefined && {
            deletionGracePeriodSeconds: info.deletionGracePeriod,
          }),
        },
        spec: {
          containers: [container],
          ...(grace !== undefined && { terminationGracePeriodSeconds: grace }),
        },
      },
    };
  }
}

/** Seconds (setTerminationGracePeriod). */
function gracePeriodOf(pod: Pod, container: Container, reason: KillReason | undefined): number {
  const deletion = pod.metadata?.deletionGracePeriodSeconds;
  if (deletion !== undefined) return deletion;
  const probe =
    reason === 'StartupProbe'
      ? container.startupProbe
      : reason === 'LivenessProbe'
        ? container.livenessProbe
        : undefined;
  return (
    probe?.terminationGracePeriodSeconds ??
    pod.spec?.terminationGracePeriodSeconds ??
    minimumGracePeriod
  );
}

/**
 * Sidecars stop after the regular containers, the last started first
 * (kuberuntime_termination_order.go).
 */
class TerminationOrdering {
  readonly #waitsFor = new Map<string, string[]>();
  readonly #ended = new Map<string, { promise: Promise<void>; resolve: () => void }>();

  constructor(pod: Pod | undefined, running: RuntimePod) {
    for (const { name } of running.containers) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((settle) => (resolve = settle));
      this.#ended.set(name, { promise, resolve });
    }
    if (!pod) return;
    let before = containersOf(pod).map(({ name }) => name);
    for (const container of [...initContainersOf(pod)]
      .reverse()
      .filter(isRestartableInitContainer)) {
      this.#waitsFor.set(container.name, before);
      before = [...before, container.name];
    }
  }

  async turnOf(name: string): Promise<void> {
    await Promise.all(
      (this.#waitsFor.get(name) ?? []).map(async (other) => {
        await this.#ended.get(other)?.promise;
      }),
    );
  }

  ended(name: string): void {
    this.#ended.get(name)?.resolve();
  }
}

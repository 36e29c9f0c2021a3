import { asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { ContainerConfig, PodSandboxConfig } from '#kube/cri/api_pb.ts';
import type { Container, Pod } from '#kube/types.ts';
import { type PodStatus, findContainerStatus } from '#kubelet/container/types.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder, EventType } from '#kube/events/recorder.ts';
import { grpcErrorText, grpcMessage } from '#kubelet/grpc-errors.ts';
import { type EnsuredImage, ImageError, type ImageManager } from '#kubelet/images/image-manager.ts';
import type { Cri, NodeFiles } from '#kubelet/ports.ts';
import type { StartFailure } from '#kubelet/sync-errors.ts';
import { type RunContainerOptions, containerConfig } from './container-config.ts';
import type { ContainerKiller } from './container-killer.ts';
import type { LifecycleHooks } from './lifecycle-hooks.ts';
import { legacyLogSymlink, podLogsDirectoryOf } from './log-paths.ts';
import { nextRestartCount } from './restart-count.ts';
import { runAsNonRootViolation } from './security-context.ts';

/** Why a container did not start, as its status shows it. */
export class StartError extends Error {
  readonly reason: StartFailure;
  readonly expiry: number | undefined;

  constructor(reason: StartFailure, message: string, expiry?: number) {
    super(message);
    this.reason = reason;
    this.expiry = expiry;
  }
}

/** What the container manager does around a container's life (pkg/kubelet/cm/internal_container_lifecycle.go). */
export interface InternalLifecycle {
  /** The CPUs that the container is to have, as a cpuset; empty for what the runtime gives. */
  preCreateContainer(pod: Pod, container: Container): Promise<string>;
  preStartContainer(pod: Pod, container: Container, id: string): Promise<void>;
}

export interface StartRequest {
  pod: Pod;
  container: Container;
  status: PodStatus;
  sandbox: { id: string; ips: readonly string[]; config: PodSandboxConfig };
  signal: AbortSignal;
}

export interface ContainerStarterOptions {
  runtime: Cri['runtime'];
  files: NodeFiles;
  images: ImageManager;
  recorder: EventRecorder;
  hooks: LifecycleHooks;
  killer: ContainerKiller;
  lifecycle: InternalLifecycle;
  /** Environment, mounts and the rest of what a container is started with. */
  runOptions: (
    request: StartRequest,
  ) => Promise<Omit<RunContainerOptions, 'image' | 'restartCount' | 'cpuset'>>;
  /** Told of what upstream only logs. */
  onError: (error: unknown) => void;
}

/** Pulls the image, creates and starts a container, runs its postStart hook (kuberuntime_container.go, startContainer). */
export class ContainerStarter {
  readonly #options: ContainerStarterOptions;

  constructor(options: ContainerStarterOptions) {
    this.#options = options;
  }

  async start(request: StartRequest): Promise<void> {
    const { runtime } = this.#options;
    const { pod, container, sandbox, signal } = request;
    const image = await this.#ensureImage(request);
    const config = await this.#config(request, image);
    const id = await this.#step(request, 'CreateContainerError', async () => {
      const { containerId } = await runtime.createContainer(
        { podSandboxId: sandbox.id, config, sandboxConfig: sandbox.config },
        { signal },
      );
      return containerId;
    });
    await this.#step(request, 'PreStartHookError', () =>
      this.#options.lifecycle.preStartContainer(pod, container, id),
    );
    this.#event(request, 'Normal', reasons.created, 'Container created');
    await this.#step(request, 'RunContainerError', () =>
      runtime.startContainer({ containerId: id }, { signal }),
    );
    this.#event(request, 'Normal', reasons.started, 'Container started');
    void this.#linkLog(request, id, config).catch(this.#options.onError);
    await this.#postStart(request, id);
  }

  async #ensureImage(request: StartRequest): Promise<EnsuredImage> {
    const { pod, container, sandbox, signal } = request;
    try {
      return await this.#options.images.ensureImageExists(pod, container, sandbox.config, signal);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      this.#event(request, 'Warning', reasons.failed, `Error: ${error.reason}`);
      throw new StartError(error.reason, error.message, error.expiry);
    }
  }

  async #config(request: StartRequest, image: EnsuredImage): Promise<ContainerConfig> {
    const { pod, container, status, signal } = request;
    const { files, lifecycle, runOptions } = this.#options;
    return await this.#step(request, 'CreateContainerConfigError', async () => {
      const violation = runAsNonRootViolation(pod, container, image);
      if (violation !== undefined) throw new Error(violation);
      const logs = podLogsDirectoryOf(pod);
      const last = findContainerStatus(status, container.name);
      const [options, restartCount, cpuset] = await Promise.all([
        runOptions(request),
        nextRestartCount(files, `${logs}/${container.name}`, last, signal),
        lifecycle.preCreateContainer(pod, container),
      ]);
      return containerConfig(pod, container, { ...options, image, restartCount, cpuset });
    });
  }

  /** One step of the start; its failure is an event and the container's reason. */
  async #step<T>(request: StartRequest, reason: StartFailure, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throwIfCancelled(request.signal);
      const message = grpcMessage(error);
      this.#event(request, 'Warning', reasons.failed, `Error: ${message}`);
      throw new StartError(reason, message);
    }
  }

  async #postStart(request: StartRequest, id: string): Promise<void> {
    const { pod, container, sandbox, signal } = request;
    const handler = container.lifecycle?.postStart;
    if (!handler) return;
    try {
      await this.#options.hooks.run(container, id, handler, sandbox.ips[0] ?? '', signal);
    } catch (error) {
      throwIfCancelled(signal);
      this.#event(request, 'Warning', reasons.failedPostStartHook, 'PostStartHook failed');
      const { name } = container;
      const message = 'FailedPostStartHook';
      await this.#options.killer
        .killContainer({ pod, id, name, message, reason: message, signal })
        .catch(this.#options.onError);
      throw new StartError('PostStartHookError', grpcErrorText(error));
    }
  }

  async #linkLog(
    { pod, container }: StartRequest,
    id: string,
    { logPath }: ContainerConfig,
  ): Promise<void> {
    const link = legacyLogSymlink(pod, container.name, id);
    try {
      await this.#options.files.symlink(link, `${podLogsDirectoryOf(pod)}/${logPath}`);
    } catch (error) {
      if (asSandglassError(error).code !== 'already-exists') throw error;
    }
  }

  #event({ pod, container }: StartRequest, type: EventType, reason: string, message: string): void {
    this.#options.recorder.container(pod, container, type, reason, message);
  }
}

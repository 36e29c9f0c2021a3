import { fromConnectError } from '#kube/cri/errors.ts';
import {
  type ContainerStatus as CriContainerStatus,
  ContainerState as CriContainerState,
  NamespaceMode,
  PodSandboxState,
  type PodSandboxStatus as CriSandboxStatus,
} from '#kube/cri/api_pb.ts';
import type {
  ContainerState,
  ContainerStatus,
  PodStatus,
  RuntimeContainer,
  RuntimePod,
  SandboxStatus,
} from '#kubelet/container/types.ts';
import { isNotFound } from '#kubelet/grpc-errors.ts';
import type { Cri, NodeFiles } from '#kubelet/ports.ts';
import {
  containerInfoFromAnnotations,
  containerNameLabel,
  podNameLabel,
  podNamespaceLabel,
  podUidLabel,
} from './labels.ts';
import { terminationMessage } from './termination-message.ts';

/** What the runtime says of pods: the lists for PLEG and the status for the workers (kuberuntime_manager.go). */
export class RuntimePods {
  readonly #runtime: Cri['runtime'];
  readonly #files: NodeFiles;

  constructor(runtime: Cri['runtime'], files: NodeFiles) {
    this.#runtime = runtime;
    this.#files = files;
  }

  async getPods(signal: AbortSignal): Promise<readonly RuntimePod[]> {
    const [sandboxes, containers] = await Promise.all([
      this.#runtime.listPodSandbox({}, { signal }),
      this.#runtime.listContainers({}, { signal }),
    ]);
    const pods = new Map<
      string,
      { pod: RuntimePod; containers: RuntimeContainer[]; sandboxes: RuntimeContainer[] }
    >();
    const podOf = (labels: Record<string, string>, createdAt: number) => {
      const uid = labels[podUidLabel];
      // Others may use the runtime too, crictl for one.
      if (uid === undefined) return undefined;
      const known = pods.get(uid);
      if (known) return known;
      const entry = { containers: [] as RuntimeContainer[], sandboxes: [] as RuntimeContainer[] };
      const [name = '', namespace = ''] = [labels[podNameLabel], labels[podNamespaceLabel]];
      const added = { pod: { uid, name, namespace, createdAt, ...entry }, ...entry };
      pods.set(uid, added);
      return added;
    };
    for (const { id, state, createdAt, labels } of sandboxes.items) {
      const time = toMilliseconds(createdAt);
      podOf(labels, time)?.sandboxes.push({
        id,
        name: '',
        state: state === PodSandboxState.SANDBOX_READY ? 'running' : 'exited',
        createdAt: time,
      });
    }
    for (const { id, state, createdAt, labels } of containers.containers) {
      const time = toMilliseconds(createdAt);
      podOf(labels, time)?.containers.push({
        id,
        name: labels[containerNameLabel] ?? '',
        state: containerState(state),
        createdAt: time,
      });
    }
    return [...pods.values()].map(({ pod }) => pod);
  }

  async getPodStatus(
    { uid, name, namespace }: Pick<RuntimePod, 'uid' | 'name' | 'namespace'>,
    signal: AbortSignal,
  ): Promise<PodStatus> {
    const labelSelector = { [podUidLabel]: uid };
    const [{ items }, { containers }] = await Promise.all([
      this.#runtime.listPodSandbox({ filter: { labelSelector } }, { signal }),
      this.#runtime.listContainers({ filter: { labelSelector } }, { signal }),
    ]);
    const [sandboxes, statuses] = await Promise.all([
      Promise.all(items.map(({ id }) => this.#sandboxStatus(id, signal))),
      Promise.all(containers.map(({ id }) => this.#containerStatus(id, signal))),
    ]);
    const present = sandboxes.filter((sandbox) => sandbox !== undefined).sort(newestFirst);
    const first = present[0];
    return {
      uid,
      name,
      namespace,
      // Only the newest sandbox counts, and only while it is ready.
      ips: first?.ready ? first.ips : [],
      sandboxes: present,
      containers: statuses.filter((status) => status !== undefined).sort(newestFirst),
    };
  }

  /** Undefined for one removed meanwhile. */
  async #sandboxStatus(id: string, signal: AbortSignal): Promise<SandboxStatus | undefined> {
    try {
      const { status } = await this.#runtime.podSandboxStatus({ podSandboxId: id }, { signal });
      return status && toSandboxStatus(status);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw fromConnectError(error);
    }
  }

  async #containerStatus(id: string, signal: AbortSignal): Promise<ContainerStatus | undefined> {
    try {
      const { status } = await this.#runtime.containerStatus({ containerId: id }, { signal });
      return status && (await this.#toContainerStatus(status, signal));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw fromConnectError(error);
    }
  }

  async #toContainerStatus(
    status: CriContainerStatus,
    signal: AbortSignal,
  ): Promise<ContainerStatus> {
    const annotated = containerInfoFromAnnotations(status.annotations);
    const container = toContainerStatus(status);
    if (container.state !== 'exited') return container;
    const message = await terminationMessage(this.#files, status, annotated, signal);
    return { ...container, message };
  }
}

export function toSandboxStatus(status: CriSandboxStatus): SandboxStatus {
  const network = status.network;
  const ips = network ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [];
  return {
    id: status.id,
    ready: status.state === PodSandboxState.SANDBOX_READY,
    attempt: status.metadata?.attempt ?? 0,
    createdAt: toMilliseconds(status.createdAt),
    ips: ips.filter((ip) => ip !== ''),
    hostNetwork: status.linux?.namespaces?.options?.network === NamespaceMode.NODE,
    runtimeHandler: status.runtimeHandler,
  };
}

export function toContainerStatus(status: CriContainerStatus): ContainerStatus {
  const annotated = containerInfoFromAnnotations(status.annotations);
  const linux = status.user?.linux;
  return {
    id: status.id,
    name: status.labels[containerNameLabel] ?? '',
    state: containerState(status.state),
    createdAt: toMilliseconds(status.createdAt),
    startedAt: toMilliseconds(status.startedAt),
    finishedAt: toMilliseconds(status.finishedAt),
    exitCode: status.exitCode,
    image: status.image?.userSpecifiedImage || status.image?.image || '',
    imageId: status.imageRef,
    hash: annotated.hash,
    restartCount: annotated.restartCount,
    reason: status.reason,
    message: status.message,
    mounts: status.mounts.map(({ hostPath, containerPath }) => ({ hostPath, containerPath })),
    user: linux && {
      uid: Number(linux.uid),
      gid: Number(linux.gid),
      supplementalGroups: linux.supplementalGroups.map(Number),
    },
  };
}

export function containerState(state: CriContainerState): ContainerState {
  switch (state) {
    case CriContainerState.CONTAINER_CREATED:
      return 'created';
    case CriContainerState.CONTAINER_RUNNING:
      return 'running';
    case CriContainerState.CONTAINER_EXITED:
      return 'exited';
    default:
      return 'unknown';
  }
}

/** Of the CRI's nanoseconds since 1970. */
function toMilliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000;
}

function newestFirst(a: { createdAt: number }, b: { createdAt: number }): number {
  return b.createdAt - a.createdAt;
}

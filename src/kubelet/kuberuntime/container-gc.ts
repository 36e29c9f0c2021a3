import { asSandglassError } from '#base/errors.ts';
import {
  type PodSandbox,
  PodSandboxState,
  type Container,
  ContainerState,
} from '#kube/cri/api_pb.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import { isNotFound } from '#kubelet/grpc-errors.ts';
import type { Cri, NodeFiles } from '#kubelet/ports.ts';
import { containerNameLabel, podUidLabel } from './labels.ts';
import { containerLogsRoot, podLogsRoot } from './log-paths.ts';

/** Ended containers that are kept of each container, for its logs and its last state (MaxPerPodContainerCount). */
const maxPerPodContainer = 1;

export interface ContainerGcOptions {
  runtime: Cri['runtime'];
  files: NodeFiles;
  /** Whether everything of the pod may go; one that has ended keeps its logs for as long as the API has it. */
  shouldContentBeRemoved: (uid: string) => boolean;
}

/** Removes what ended (pkg/kubelet/kuberuntime/kuberuntime_gc.go). */
export class ContainerGc {
  readonly #options: ContainerGcOptions;
  /** What one pass is removing, for the others that run beside it to leave alone. */
  readonly #removing = new Set<string>();

  constructor(options: ContainerGcOptions) {
    this.#options = options;
  }

  /** Everything that nobody needs. `allSourcesReady` says that a pod which is not known is not wanted. */
  async collect(allSourcesReady: boolean, signal: AbortSignal): Promise<void> {
    const { runtime } = this.#options;
    const { containers } = await runtime.listContainers({}, { signal });
    await this.#evictContainers(containers, allSourcesReady, signal);
    const [{ items }, left] = await Promise.all([
      runtime.listPodSandbox({}, { signal }),
      runtime.listContainers({}, { signal }),
    ]);
    await this.#evictSandboxes(items, left.containers, signal);
    if (allSourcesReady) await this.#evictLogs(signal);
  }

  /**
   * After a container ended: its older instances, or all of the pod's once that may go
   * (pkg/kubelet/pod_container_deletor.go).
   */
  async collectPod(
    status: PodStatus,
    endedId: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const ended = status.containers.filter(
      ({ state }) => state === 'exited' || state === 'unknown',
    );
    if (this.#options.shouldContentBeRemoved(status.uid)) {
      for (const { id } of ended) await this.#remove(id, signal);
      return;
    }
    const name = status.containers.find(({ id }) => id === endedId)?.name;
    if (name === undefined) return;
    const sameName = ended.filter((container) => container.name === name);
    for (const { id } of sameName.slice(maxPerPodContainer)) await this.#remove(id, signal);
  }

  async #evictContainers(
    containers: readonly Container[],
    allSourcesReady: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const units = new Map<string, { uid: string; ended: Container[] }>();
    for (const container of containers) {
      const uid = container.labels[podUidLabel];
      if (uid === undefined || container.state === ContainerState.CONTAINER_RUNNING) continue;
      const key = `${uid}/${container.labels[containerNameLabel] ?? ''}`;
      const unit = units.get(key) ?? { uid, ended: [] };
      unit.ended.push(container);
      units.set(key, unit);
    }
    for (const { uid, ended } of units.values()) {
      const keep =
        allSourcesReady && this.#options.shouldContentBeRemoved(uid) ? 0 : maxPerPodContainer;
      const newestFirst = ended.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      for (const { id, state } of newestFirst.slice(keep)) {
        // One in creation is somebody's who is at it.
        if (state === ContainerState.CONTAINER_CREATED && keep > 0) continue;
        await this.#remove(id, signal);
      }
    }
  }

  /** Ended sandboxes without containers; the newest stays for as long as its pod (evictSandboxes). */
  async #evictSandboxes(
    sandboxes: readonly PodSandbox[],
    containers: readonly Container[],
    signal: AbortSignal,
  ): Promise<void> {
    const occupied = new Set(containers.map(({ podSandboxId }) => podSandboxId));
    const pods = new Map<string, PodSandbox[]>();
    for (const sandbox of sandboxes) {
      const uid = sandbox.labels[podUidLabel];
      if (uid === undefined) continue;
      pods.set(uid, [...(pods.get(uid) ?? []), sandbox]);
    }
    for (const [uid, ofPod] of pods) {
      const newestFirst = ofPod.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      const candidates = this.#options.shouldContentBeRemoved(uid)
        ? newestFirst
        : newestFirst.slice(1);
      for (const { id, state } of candidates) {
        if (occupied.has(id) || state === PodSandboxState.SANDBOX_READY) continue;
        await this.#options.runtime.stopPodSandbox({ podSandboxId: id }, { signal });
        await this.#options.runtime.removePodSandbox({ podSandboxId: id }, { signal });
      }
    }
  }

  /** Log directories of pods that are no more, and links that lead nowhere (evictPodLogsDirectories). */
  async #evictLogs(signal: AbortSignal): Promise<void> {
    const { files, shouldContentBeRemoved } = this.#options;
    for (const { name, type } of await this.#list(podLogsRoot, signal)) {
      const uid = name.split('_').at(-1);
      if (type !== 'directory' || uid === undefined || !shouldContentBeRemoved(uid)) continue;
      await files.remove(`${podLogsRoot}/${name}`, { recursive: true, missing: 'ignore', signal });
    }
    for (const { name, type } of await this.#list(containerLogsRoot, signal)) {
      const path = `${containerLogsRoot}/${name}`;
      if (type === 'symlink' && !(await files.exists(path, signal))) {
        await files.remove(path, { missing: 'ignore', signal });
      }
    }
  }

  async #list(path: string, signal: AbortSignal) {
    try {
      return await this.#options.files.list(path, signal);
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return [];
      throw error;
    }
  }

  async #remove(id: string, signal: AbortSignal): Promise<void> {
    if (this.#removing.has(id)) return;
    this.#removing.add(id);
    try {
      await this.#options.runtime.removeContainer({ containerId: id }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    } finally {
      this.#removing.delete(id);
    }
  }
}

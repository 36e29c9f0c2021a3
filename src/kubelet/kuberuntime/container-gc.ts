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
import { tryEach } from '#kubelet/try-each.ts';
import { containerNameLabel, podUidLabel } from './labels.ts';
import { containerLogsRoot, podLogsRoot } from './log-paths.ts';

/** Ended containers that are kept of each container, for its logs and its last state (MaxPerPodContainerCount). */
const maxPerPodContainer = 1;

export interface ContainerGcOptions {
  runtime: Cri['runtime'];
  files: NodeFiles;
  /** Whether everything of the pod may go; one that has ended keeps its logs for as long as the API has it. */
  shouldContentBeRemoved: (uid: string) => boolean;
  /** Told of each thing that could not be removed. */
  onError: (error: unknown) => void;
}

/** Removes what ended (pkg/kubelet/kuberuntime/kuberuntime_gc.go). */
export class ContainerGc {
  readonly #options: ContainerGcOptions;
  /** What one pass is removing, for the others that run beside it to leave alone. */
  readonly #removing = new Set<string>();

  constructor(options: ContainerGcOptions) {
    this.#options = options;
  }

  /**
   * Everything that nobody needs; true when all of it could be removed. `allSourcesReady` says that a pod which is
   * not known is not wanted. Rejects when the runtime or the node does not say what there is.
   */
  async collect(allSourcesReady: boolean, signal: AbortSignal): Promise<boolean> {
    const { runtime } = this.#options;
    const { containers } = await runtime.listContainers({}, { signal });
    const went = [await this.#evictContainers(containers, allSourcesReady, signal)];
    const [{ items }, left] = await Promise.all([
      runtime.listPodSandbox({}, { signal }),
      runtime.listContainers({}, { signal }),
    ]);
    went.push(await this.#evictSandboxes(items, left.containers, signal));
    if (allSourcesReady) went.push(await this.#evictLogs(signal));
    return went.every((well) => well);
  }

  /**
   * After a container ended: its older instances, or all of the pod's once that may go; true when all of them could
   * be removed (pkg/kubelet/pod_container_deletor.go).
   */
  async collectPod(
    status: PodStatus,
    endedId: string | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const ended = status.containers.filter(
      ({ state }) => state === 'exited' || state === 'unknown',
    );
    if (this.#options.shouldContentBeRemoved(status.uid)) {
      return await this.#removeAll(ended, signal);
    }
    const name = status.containers.find(({ id }) => id === endedId)?.name;
    if (name === undefined) return true;
    const sameName = ended.filter((container) => container.name === name);
    return await this.#removeAll(sameName.slice(maxPerPodContainer), signal);
  }

  async #evictContainers(
    containers: readonly Container[],
    allSourcesReady: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const units = new Map<string, { uid: string; ended: Container[] }>();
    for (const container of containers) {
      const uid = container.labels[podUidLabel];
      if (uid === undefined || container.state === ContainerState.CONTAINER_RUNNING) continue;
      const key = `${uid}/${container.labels[containerNameLabel] ?? ''}`;
      const unit = units.get(key) ?? { uid, ended: [] };
      unit.ended.push(container);
      units.set(key, unit);
    }
    const superfluous: Container[] = [];
    for (const { uid, ended } of units.values()) {
      const keep =
        allSourcesReady && this.#options.shouldContentBeRemoved(uid) ? 0 : maxPerPodContainer;
      const newestFirst = ended.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      // One in creation is somebody's who is at it.
      const isFree = ({ state }: Container) =>
        state !== ContainerState.CONTAINER_CREATED || keep === 0;
      superfluous.push(...newestFirst.slice(keep).filter(isFree));
    }
    return await this.#removeAll(superfluous, signal);
  }

  /** Ended sandboxes without containers; the newest stays for as long as its pod (evictSandboxes). */
  async #evictSandboxes(
    sandboxes: readonly PodSandbox[],
    containers: readonly Container[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { runtime, onError, shouldContentBeRemoved } = this.#options;
    const occupied = new Set(containers.map(({ podSandboxId }) => podSandboxId));
    const pods = new Map<string, PodSandbox[]>();
    for (const sandbox of sandboxes) {
      const uid = sandbox.labels[podUidLabel];
      if (uid === undefined) continue;
      pods.set(uid, [...(pods.get(uid) ?? []), sandbox]);
    }
    const superfluous = [...pods].flatMap(([uid, ofPod]) => {
      const newestFirst = ofPod.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      return shouldContentBeRemoved(uid) ? newestFirst : newestFirst.slice(1);
    });
    const free = superfluous.filter(
      ({ id, state }) => !occupied.has(id) && state !== PodSandboxState.SANDBOX_READY,
    );
    return await tryEach(free, { signal, onError }, async ({ id: podSandboxId }) => {
      await runtime.stopPodSandbox({ podSandboxId }, { signal });
      await runtime.removePodSandbox({ podSandboxId }, { signal });
    });
  }

  /** Log directories of pods that are no more, and links that lead nowhere (evictPodLogsDirectories). */
  async #evictLogs(signal: AbortSignal): Promise<boolean> {
    const { files, shouldContentBeRemoved, onError } = this.#options;
    const directories = await this.#list(podLogsRoot, signal);
    const wentWell = await tryEach(directories, { signal, onError }, async ({ name, type }) => {
      const uid = name.split('_').at(-1);
      if (type !== 'directory' || uid === undefined || !shouldContentBeRemoved(uid)) return;
      await files.remove(`${podLogsRoot}/${name}`, { recursive: true, missing: 'ignore', signal });
    });
    const links = await this.#list(containerLogsRoot, signal);
    const linksToo = await tryEach(links, { signal, onError }, async ({ name, type }) => {
      const path = `${containerLogsRoot}/${name}`;
      if (type !== 'symlink' || (await files.exists(path, signal))) return;
      await files.remove(path, { missing: 'ignore', signal });
    });
    return wentWell && linksToo;
  }

  async #list(path: string, signal: AbortSignal) {
    try {
      return await this.#options.files.list(path, signal);
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return [];
      throw error;
    }
  }

  #removeAll(containers: readonly { id: string }[], signal: AbortSignal): Promise<boolean> {
    const { onError } = this.#options;
    return tryEach(containers, { signal, onError }, ({ id }) => this.#remove(id, signal));
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

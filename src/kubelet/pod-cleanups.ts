import type { Clock } from '#base/clock.ts';
import { asSandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import type { Backoff } from './backoff.ts';
import { cgroupUid } from './cm/cgroup-names.ts';
import type { RuntimePod } from './container/types.ts';
import type { PodContainerManager } from './cm/pod-container-manager.ts';
import type { MirrorClient } from './mirror-client.ts';
import { podsRoot } from './pod-directories.ts';
import { fullNameOf, uidOf } from './pod-facts.ts';
import type { PodHandlers } from './pod-handlers.ts';
import type { PodManager } from './pod-manager.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { NodeFiles } from './ports.ts';
import type { ProbeManager } from './prober/probe-manager.ts';
import type { RuntimePods } from './kuberuntime/runtime-pods.ts';
import type { StatusManager } from './status/status-manager.ts';
import type { VolumeManager } from './volumemanager/volume-manager.ts';

export interface PodCleanupsOptions {
  pods: PodManager;
  workers: PodWorkers;
  handlers: PodHandlers;
  statuses: StatusManager;
  probes: ProbeManager;
  runtimePods: RuntimePods;
  mirrors: MirrorClient;
  volumes: VolumeManager;
  cgroups: PodContainerManager;
  backoff: Backoff;
  files: NodeFiles;
  clock: Clock;
  onError: (error: unknown) => void;
}

/** Brings to an end what no pod claims any more (pkg/kubelet/kubelet_pods.go, HandlePodCleanups). */
export class PodCleanups {
  readonly #options: PodCleanupsOptions;
  #running: Promise<void> | undefined;
  /** Whether anything was there to be cleaned the last time. Then it is looked at again soon. */
  #leftovers = true;
  #lastThorough: number | undefined;

  constructor(options: PodCleanupsOptions) {
    this.#options = options;
  }

  /** Something ended: the next housekeeping looks at the node again. */
  expectLeftovers(): void {
    this.#leftovers = true;
  }

  /** What can be done at once is; what has to ask the node goes on beside the loop. */
  handle(signal: AbortSignal): void {
    const { pods, workers, handlers, statuses, probes, backoff } = this.#options;
    const all = pods.pods();
    const phases = workers.syncKnownPods(all);
    const known = new Set([...all, ...pods.mirrors()].map(uidOf));
    for (const uid of phases.keys()) known.add(uid);
    probes.cleanupPods(
      new Set([...phases].filter(([, phase]) => phase !== 'terminated').map(([uid]) => uid)),
    );
    statuses.removeOrphanedStatuses(known);
    for (const pod of all) {
      // Rejected pods never had a worker.
      if (!workers.isKnown(uidOf(pod)) && statuses.get(uidOf(pod))?.phase !== 'Failed')
        handlers.dispatchCreate(pod);
    }
    backoff.collectGarbage();
    if (this.#running || !this.#due()) return;
    this.#leftovers = false;
    this.#running = this.#cleanNode(all, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#options.onError(error);
      })
      .finally(() => (this.#running = undefined));
  }

  /** Resolves when no cleaning is under way. */
  async settle(): Promise<void> {
    await this.#running;
  }

  /** Asking the node costs a round trip each time, so an idle one is asked now and then only. */
  #due(): boolean {
    const now = this.#options.clock.now();
    if (
      !this.#leftovers &&
      this.#lastThorough !== undefined &&
      now - this.#lastThorough < thoroughPeriod
    )
      return false;
    this.#lastThorough = now;
    return true;
  }

  async #cleanNode(desired: readonly Pod[], signal: AbortSignal): Promise<void> {
    await this.#deleteOrphanedMirrors();
    const inRuntime = await this.#options.runtimePods.getPods(signal);
    this.#killUnknown(inRuntime);
    const keep = new Set(
      desired.map(uidOf).filter((uid) => !this.#options.workers.shouldContentBeRemoved(uid)),
    );
    for (const pod of desired) keep.add(cgroupUid(pod));
    for (const { uid, containers } of inRuntime) {
      if (containers.some(({ state }) => state === 'running')) keep.add(uid);
    }
    const possible = (uid: string) =>
      keep.has(uid) || this.#options.workers.couldHaveRunningContainers(uid);
    await this.#removeDirectories(possible, signal);
    await this.#options.cgroups.destroyOrphans(possible, signal);
  }

  async #deleteOrphanedMirrors(): Promise<void> {
    const { pods, workers, mirrors } = this.#options;
    for (const mirror of pods.orphanedMirrors()) {
      if (workers.isMirrorTerminatingByFullName(fullNameOf(mirror))) continue;
      await mirrors.delete(mirror);
    }
  }

  /** Pods that run but that nobody asked for, as after a restart. */
  #killUnknown(inRuntime: readonly RuntimePod[]): void {
    const { workers, clock } = this.#options;
    for (const pod of inRuntime) {
      const runs = [...pod.containers, ...pod.sandboxes].some(({ state }) => state === 'running');
      if (!runs || workers.isKnown(pod.uid)) continue;
      const runningPod = {
        ...pod,
        containers: pod.containers.filter(({ state }) => state === 'running'),
      };
      workers.updatePod({ type: 'kill', runningPod, startTime: clock.now(), kill: {} });
      this.#leftovers = true;
    }
  }

  async #removeDirectories(keep: (uid: string) => boolean, signal: AbortSignal): Promise<void> {
    const { files, volumes } = this.#options;
    let present: { name: string }[];
    try {
      present = await files.list(podsRoot, signal);
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return;
      throw error;
    }
    for (const { name } of present) {
      if (!keep(name)) await volumes.removePodDirectory(name, signal);
    }
  }
}

const thoroughPeriod = 60_000;

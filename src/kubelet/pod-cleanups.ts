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
import { tryEach } from './try-each.ts';
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
        if (signal.aborted) return;
        this.#options.onError(error);
        this.#tryAgainSoon();
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

  /** One thing that cannot be cleaned up is told of and tried again soon; it does not keep the rest. */
  async #cleanNode(desired: readonly Pod[], signal: AbortSignal): Promise<void> {
    const { runtimePods, workers, onError } = this.#options;
    const trying = { signal, onError };
    const mirrorsWent = await this.#deleteOrphanedMirrors(trying);
    const inRuntime = await runtimePods.getPods(signal);
    this.#killUnknown(inRuntime);
    const keep = new Set(desired.map(uidOf).filter((uid) => !workers.shouldContentBeRemoved(uid)));
    for (const pod of desired) keep.add(cgroupUid(pod));
    for (const { uid, containers } of inRuntime) {
      if (containers.some(({ state }) => state === 'running')) keep.add(uid);
    }
    const possible = (uid: string) => keep.has(uid) || workers.couldHaveRunningContainers(uid);
    const [directoriesWent, cgroupsWent] = [
      await this.#removeDirectories(possible, trying),
      await this.#destroyCgroups(possible, trying),
    ];
    if (!mirrorsWent || !directoriesWent || !cgroupsWent) this.#tryAgainSoon();
  }

  #tryAgainSoon(): void {
    this.#lastThorough = this.#options.clock.now() - thoroughPeriod + retryPeriod;
  }

  #deleteOrphanedMirrors(trying: Trying): Promise<boolean> {
    const { pods, workers, mirrors } = this.#options;
    const orphaned = pods
      .orphanedMirrors()
      .filter((mirror) => !workers.isMirrorTerminatingByFullName(fullNameOf(mirror)));
    return tryEach(orphaned, trying, (mirror) => mirrors.delete(mirror));
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

  async #removeDirectories(keep: (uid: string) => boolean, trying: Trying): Promise<boolean> {
    const { files, volumes } = this.#options;
    const { signal } = trying;
    let present: { name: string }[];
    try {
      present = await files.list(podsRoot, signal);
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return true;
      throw error;
    }
    const orphaned = present.filter(({ name }) => !keep(name));
    return tryEach(orphaned, trying, ({ name }) => volumes.removePodDirectory(name, signal));
  }

  async #destroyCgroups(keep: (uid: string) => boolean, trying: Trying): Promise<boolean> {
    const { cgroups } = this.#options;
    const orphaned = await cgroups.orphans(keep, trying.signal);
    return tryEach(orphaned, trying, (name) => cgroups.destroy(name, trying.signal));
  }
}

type Trying = Parameters<typeof tryEach>[1];

const thoroughPeriod = 60_000;
/** What could not be cleaned up is tried again after this long. */
const retryPeriod = 10_000;

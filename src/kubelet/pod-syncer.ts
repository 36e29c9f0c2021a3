import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { Pod, PodStatus as ApiPodStatus } from '#kube/types.ts';
import type { PodContainerManager } from './cm/pod-container-manager.ts';
import type { PodStatusCache } from './container/cache.ts';
import {
  type PodStatus,
  type RuntimePod,
  runningContainers,
  runningPodOf,
} from './container/types.ts';
import type { PodDns } from './dns/resolver.ts';
import { reasons } from './events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import type { ReasonCache } from './kuberuntime/reason-cache.ts';
import type { RuntimeManager } from './kuberuntime/runtime-manager.ts';
import type { RuntimePods } from './kuberuntime/runtime-pods.ts';
import type { MirrorClient } from './mirror-client.ts';
import { makePodDirectories } from './pod-directories.ts';
import {
  isDeleted,
  isHostNetworkPod,
  isStaticPod,
  isTerminalPhase,
  nameOf,
  namespaceOf,
  uidOf,
} from './pod-facts.ts';
import type { SyncPodType } from './pod-sync-status.ts';
import { type PodSyncer, networkNotReadyMessage } from './pod-passes.ts';
import type { NodeFiles } from './ports.ts';
import type { ProbeManager } from './prober/probe-manager.ts';
import type { PodStatusGenerator } from './status/pod-status-generator.ts';
import type { StatusManager } from './status/status-manager.ts';
import type { VolumeManager } from './volumemanager/volume-manager.ts';

export interface KubeletPodSyncerOptions {
  runtime: RuntimeManager;
  runtimePods: RuntimePods;
  cache: PodStatusCache;
  reasons: ReasonCache;
  statuses: StatusManager;
  generator: PodStatusGenerator;
  volumes: VolumeManager;
  probes: ProbeManager;
  cgroups: PodContainerManager;
  mirrors: MirrorClient;
  recorder: EventRecorder;
  files: NodeFiles;
  dns: PodDns;
  /** Undefined while pods can have networks; else why not. */
  networkNotReadyBecause: () => string | undefined;
  /** The runtime's view of the pod is out of date. */
  onChanged: (uid: string) => void;
}

/** What the workers do for their pods (pkg/kubelet/kubelet.go, SyncPod, SyncTerminatingPod, SyncTerminatedPod). */
export class KubeletPodSyncer implements PodSyncer {
  readonly #options: KubeletPodSyncerOptions;
  /** Pods whose start has been seen to by this kubelet. */
  readonly #seen = new Set<string>();

  constructor(options: KubeletPodSyncerOptions) {
    this.#options = options;
  }

  async syncPod(update: {
    type: SyncPodType;
    pod: Pod;
    mirrorPod: Pod | undefined;
    podStatus: PodStatus;
    signal: AbortSignal;
  }): Promise<boolean> {
    const { pod, podStatus, signal } = update;
    const { statuses, generator, runtime, probes, onChanged } = this.#options;
    const apiStatus = generator.generate(pod, podStatus, false);
    statuses.setPodStatus(pod, apiStatus);
    if (isTerminalPhase(apiStatus)) return true;
    this.#checkNetwork(pod);
    await this.#prepare(update);
    probes.addPod(pod);
    const result = await runtime.syncPod(pod, podStatus, signal);
    this.#options.reasons.update(uidOf(pod), result);
    if (result.changed) onChanged(uidOf(pod));
    const error = result.error();
    if (error) {
      // What keeps a container from starting is shown at once, but for pulls: a sync that follows soon
      // would show the back-off before anyone saw why.
      if (!result.failures.some(({ reason }) => /ImagePull/.test(reason))) {
        statuses.setPodStatus(pod, generator.generate(pod, podStatus, false));
      }
      throw error;
    }
    return false;
  }

  async syncTerminatingPod(update: {
    pod: Pod;
    podStatus: PodStatus;
    gracePeriod: number | undefined;
    statusFuncs: readonly ((status: ApiPodStatus) => void)[];
    signal: AbortSignal;
  }): Promise<void> {
    const { pod, podStatus, gracePeriod, statusFuncs, signal } = update;
    const { statuses, generator, probes, runtime, runtimePods, recorder, cache } = this.#options;
    const uid = uidOf(pod);
    const apiStatus = generator.generate(pod, podStatus, false);
    for (const change of statusFuncs) change(apiStatus);
    statuses.setPodStatus(pod, apiStatus);
    probes.stopLivenessAndStartup(pod);
    try {
      await runtime.killPod(pod, runningPodOf(podStatus), gracePeriod, signal);
    } catch (error) {
      throwIfCancelled(signal);
      const message = `error killing pod: ${asSandglassError(error).message}`;
      recorder.pod(pod, 'Warning', reasons.failedKillPod, message);
      throw error;
    } finally {
      this.#options.onChanged(uid);
    }
    probes.removePod(pod);
    // The last word on how the containers ended, from the runtime itself.
    const asking = cache.beginAsking();
    const final = await runtimePods.getPodStatus(
      { uid, name: nameOf(pod), namespace: namespaceOf(pod) },
      signal,
    );
    const left = runningContainers(final);
    if (left.length > 0) {
      throw new SandglassError(
        'aborted',
        `detected running containers after a successful KillPod, CRI violation: ${left.map(({ name }) => name).join(', ')}`,
      );
    }
    cache.set(uid, { ...final, ips: final.ips.length > 0 ? final.ips : podStatus.ips }, asking);
    const ended = generator.generate(pod, { ...final, ips: podStatus.ips }, true);
    for (const change of statusFuncs) change(ended);
    statuses.setPodStatus(pod, ended);
  }

  async syncTerminatingRuntimePod(pod: RuntimePod, signal: AbortSignal): Promise<void> {
    // Nobody knows what it was promised, so it has a second.
    await this.#options.runtime.killPod(undefined, pod, 1, signal);
    this.#options.onChanged(pod.uid);
  }

  async syncTerminatedPod(pod: Pod, podStatus: PodStatus, signal: AbortSignal): Promise<void> {
    const { statuses, generator, volumes, cgroups, reasons: reasonCache } = this.#options;
    const uid = uidOf(pod);
    statuses.setPodStatus(pod, generator.generate(pod, podStatus, true));
    await volumes.unmountPod(uid, signal);
    await cgroups.destroyPod(pod, signal);
    reasonCache.forget(uid);
    this.#seen.delete(uid);
    statuses.terminatePod(pod);
  }

  #checkNetwork(pod: Pod): void {
    const why = this.#options.networkNotReadyBecause();
    if (why === undefined || isHostNetworkPod(pod)) return;
    const message = `${networkNotReadyMessage}: ${why}`;
    this.#options.recorder.pod(pod, 'Warning', reasons.networkNotReady, message);
    throw new SandglassError('unavailable', message);
  }

  /** Cgroup, mirror, directories and volumes: what there must be before the first container. */
  async #prepare({
    type,
    pod,
    mirrorPod,
    podStatus,
    signal,
  }: {
    type: SyncPodType;
    pod: Pod;
    mirrorPod: Pod | undefined;
    podStatus: PodStatus;
    signal: AbortSignal;
  }): Promise<void> {
    const uid = uidOf(pod);
    const { mirrors, files, cgroups, dns } = this.#options;
    if (isStaticPod(pod)) await mirrors.ensure(pod, mirrorPod);
    if (!this.#seen.has(uid) || type === 'create' || runningContainers(podStatus).length === 0) {
      await Promise.all([
        this.#step(
          pod,
          reasons.failedMakePodDataDirectories,
          'error making pod data directories',
          () => makePodDirectories(files, pod, signal),
        ),
        this.#step(
          pod,
          reasons.failedCreatePodContainer,
          'unable to ensure pod container exists',
          () => cgroups.ensurePod(pod, signal),
        ),
        dns.refresh(),
      ]);
      this.#seen.add(uid);
    }
    throwIfCancelled(signal);
    if (isDeleted(pod)) return;
    try {
      await this.#options.volumes.waitForAttachAndMount(pod, signal);
    } catch (error) {
      throwIfCancelled(signal);
      this.#options.recorder.pod(
        pod,
        'Warning',
        reasons.failedMount,
        asSandglassError(error).message,
      );
      throw error;
    }
  }

  async #step(pod: Pod, reason: string, what: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const failure = asSandglassError(error);
      if (failure.code === 'cancelled') throw failure;
      this.#options.recorder.pod(pod, 'Warning', reason, `${what}: ${failure.message}`);
      throw failure;
    }
  }
}

import type { Clock } from '#base/clock.ts';
import type { Stepper } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { assembleNode } from './assembly-node.ts';
import { assembleRuntime } from './assembly-runtime.ts';
import { assembleSources } from './assembly-sources.ts';
import { Backoff } from './backoff.ts';
import { Cgroups } from './cm/cgroups.ts';
import { CpuManager } from './cm/cpumanager/cpu-manager.ts';
import { PodContainerManager } from './cm/pod-container-manager.ts';
import type { KubeletConfiguration } from './configuration.ts';
import { PodStatusCache } from './container/cache.ts';
import { apiConfigSource } from './env/config-source.ts';
import { PodDns } from './dns/resolver.ts';
import { reasons } from './events/reasons.ts';
import { EventRecorder, apiEvents } from '#kube/events/recorder.ts';
import { ContainerGc } from './kuberuntime/container-gc.ts';
import { GarbageCollection } from './kuberuntime/garbage-collection.ts';
import { ReasonCache } from './kuberuntime/reason-cache.ts';
import { RuntimePods } from './kuberuntime/runtime-pods.ts';
import { LogRotation } from './logs/rotation.ts';
import { MirrorClient } from './mirror-client.ts';
import { LoadedFacts } from './node-facts.ts';
import { GenericPleg } from './pleg/generic.ts';
import { PodCleanups } from './pod-cleanups.ts';
import { uidOf } from './pod-facts.ts';
import { PodHandlers } from './pod-handlers.ts';
import { PodManager } from './pod-manager.ts';
import { KubeletPodSyncer } from './pod-syncer.ts';
import { PodWorkers } from './pod-workers.ts';
import type { Cri, KubeletNode } from './ports.ts';
import { ProbeManager } from './prober/probe-manager.ts';
import { Prober } from './prober/prober.ts';
import { PodStatusGenerator } from './status/pod-status-generator.ts';
import { podApi } from './status/pod-api.ts';
import { StatusManager } from './status/status-manager.ts';
import { SyncLoop } from './sync-loop.ts';
import { syncHandlers, describeIteration } from './sync-handlers.ts';
import { VolumeManager } from './volumemanager/volume-manager.ts';
import { WorkQueue } from './work-queue.ts';

export interface AssemblyOptions {
  nodeName: string;
  cri: Cri;
  api: KubeClient;
  node: KubeletNode;
  clock: Clock;
  trace: TraceBus;
  stepper: Stepper;
  configuration: KubeletConfiguration;
  random: () => number;
  onError: (error: unknown) => void;
}

const crashLoopBackoff = { initial: 10_000, max: 300_000 };

/** Puts the kubelet's managers together (pkg/kubelet/kubelet.go, NewMainKubelet). */
export function assemble(options: AssemblyOptions) {
  const { nodeName, cri, api, node, clock, trace, stepper, configuration, random, onError } =
    options;
  const { files } = node;
  const facts = new LoadedFacts(node);
  const recorder = new EventRecorder({
    sink: apiEvents(api),
    clock,
    component: 'kubelet',
    host: nodeName,
    onError,
  });
  const pods = new PodManager();
  const cache = new PodStatusCache();
  const workQueue = new WorkQueue(clock);
  const crashLoop = new Backoff(clock, crashLoopBackoff);
  const reasonCache = new ReasonCache();
  const runtimePods = new RuntimePods(cri.runtime, files);
  const changed = new Set<string>();

  const pleg = new GenericPleg({
    runtime: runtimePods,
    cache,
    clock,
    onEvent: (event) => syncLoop.tell('pleg', event),
    onError,
  });
  const { runtimeState, nodeStatus, lease } = assembleNode({
    ...options,
    facts,
    recorder,
    plegUnhealthy: () => pleg.unhealthyBecause(),
  });

  const statuses = new StatusManager({
    api: podApi(api),
    clock,
    mirrorOf: (pod) => pods.mirrorOf(pod),
    podOf: (uid) => pods.get(uid),
    couldHaveRunningContainers: (uid) => workers.couldHaveRunningContainers(uid),
    onError,
  });
  const probes = new ProbeManager({
    prober: new Prober({ runtime: cri.runtime, node, recorder, clock }),
    clock,
    random,
    statusOf: (uid) => statuses.get(uid),
    onUpdate: (kind, update) => syncLoop.tell(kind, update),
    onError,
  });
  const generator = new PodStatusGenerator({
    clock,
    reasons: reasonCache,
    probes,
    runtimeName: () => runtimeState.runtimeName,
    handlers: () => runtimeState.handlers,
    hostIP: () => facts.get().address,
    cachedStatus: (uid) => statuses.get(uid),
  });

  const allocatable = () => nodeStatus.node.status?.allocatable ?? {};
  const configSource = apiConfigSource(api);
  const volumes = new VolumeManager({
    node,
    recorder,
    clock,
    random,
    payloads: {
      source: configSource,
      addresses: (pod) => ({ podIPs: cache.get(uidOf(pod)).ips, hostIP: facts.get().address }),
      allocatable,
    },
  });
  const cgroups = new PodContainerManager(new Cgroups(files), () => pods.pods());
  const cpus = new CpuManager({
    files,
    runtime: cri.runtime,
    policy: configuration.cpuManagerPolicy,
    reserved: configuration.reservedSystemCPUs,
    systemReserved: configuration.systemReserved['cpu'] ?? '0',
    topology: () => facts.get().cpus,
    activePods: () => pods.pods().filter((pod) => !workers.isKnownTerminated(uidOf(pod))),
    statusOf: (uid) => cache.get(uid),
    clock,
    onUpdate: (podUids) => syncLoop.tell('container-manager', { podUids }),
    onError,
  });

  const dns = new PodDns({ files, recorder, configuration });
  const runtime = assembleRuntime({
    ...options,
    recorder,
    crashLoop,
    probes,
    volumes,
    cpus,
    dns,
    configSource,
    allocatable,
    facts,
    handlers: () => runtimeState.handlers,
    podIP: (pod) => cache.get(uidOf(pod)).ips[0] ?? '',
    isTerminationRequested: (uid) => workers.isTerminationRequested(uid),
  });
  const mirrors = new MirrorClient(api, nodeName);
  const syncer = new KubeletPodSyncer({
    runtime,
    runtimePods,
    cache,
    reasons: reasonCache,
    statuses,
    generator,
    volumes,
    probes,
    cgroups,
    mirrors,
    recorder,
    files,
    dns,
    networkNotReadyBecause: () => runtimeState.networkErrors(),
    onChanged: (uid) => changed.add(uid),
  });
  const workers: PodWorkers = new PodWorkers({
    syncer,
    cache,
    workQueue,
    clock,
    trace,
    random,
    // Only after the sync has ended may the runtime be asked what came of it.
    onSynced: (uid) => {
      if (changed.delete(uid)) pleg.relistSoon(uid);
    },
    onFailedSync: (pod, message) => recorder.pod(pod, 'Warning', reasons.failedSync, message),
  });

  const garbage = new GarbageCollection({
    gc: new ContainerGc({
      runtime: cri.runtime,
      files,
      shouldContentBeRemoved: (uid) => workers.shouldContentBeRemoved(uid),
      onError,
    }),
    clock,
    nodeName,
    recorder,
    sourcesReady: () => sourcesReady(),
    onError,
  });
  const handlers = new PodHandlers({
    pods,
    workers,
    workQueue,
    statuses,
    recorder,
    clock,
    node: () => nodeStatus.node,
    admitResources: (pod) => cpus.admit(pod),
    onRemoved: () => {
      cleanups.expectLeftovers();
      garbage.hurry();
    },
  });
  const cleanups: PodCleanups = new PodCleanups({
    pods,
    workers,
    handlers,
    statuses,
    probes,
    runtimePods,
    mirrors,
    volumes,
    cgroups,
    backoff: crashLoop,
    files,
    clock,
    onError,
  });

  const { sources, sourcesReady } = assembleSources({
    ...options,
    onUpdate: (update) => syncLoop.tell('config', update),
  });
  const lifetime = { signal: new AbortController().signal };
  const syncLoop: SyncLoop = new SyncLoop({
    clock,
    trace,
    stepper,
    random,
    unhealthyBecause: () => runtimeState.runtimeErrors(),
    onError,
    describe: describeIteration({ pods, cache, workQueue }),
    handlers: syncHandlers({
      handlers,
      pods,
      statuses,
      probes,
      cleanups,
      garbage,
      cache,
      sourcesReady,
      lifetime,
    }),
  });

  return {
    facts,
    recorder,
    pods,
    cache,
    runtimeState,
    nodeStatus,
    lease,
    statuses,
    pleg,
    probes,
    workers,
    cleanups,
    syncLoop,
    sources,
    cpus,
    logRotation: new LogRotation({ runtime: cri.runtime, files, clock, configuration, onError }),
    /** For what goes on beside the loop: the signal of the run. */
    beside(signal: AbortSignal) {
      lifetime.signal = signal;
    },
    garbage,
    async startContainerManager(signal: AbortSignal): Promise<void> {
      const { cpus: present, memoryBytes } = facts.get();
      await cgroups.start({ milliCpu: present.length * 1000, memoryBytes }, signal);
      await cpus.start(signal);
      recorder.node(
        nodeName,
        'Normal',
        reasons.nodeAllocatableEnforced,
        'Updated Node Allocatable limit across pods',
      );
    },
  };
}

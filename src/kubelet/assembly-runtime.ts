import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import type { RuntimeHandler } from '#kube/cri/api_pb.ts';
import type { Pod } from '#kube/types.ts';
import { Backoff } from './backoff.ts';
import type { KubeletConfiguration } from './configuration.ts';
import type { PodDns } from './dns/resolver.ts';
import type { ConfigSource } from './env/environment.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { ImageManager } from './images/image-manager.ts';
import { PullLimit } from './images/pull-limit.ts';
import type { ProbeVerdicts } from './kuberuntime/compute-pod-actions.ts';
import { ContainerKiller } from './kuberuntime/container-killer.ts';
import { ContainerStarter, type InternalLifecycle } from './kuberuntime/container-starter.ts';
import { LifecycleHooks } from './kuberuntime/lifecycle-hooks.ts';
import { RuntimeManager } from './kuberuntime/runtime-manager.ts';
import { sandboxConfig } from './kuberuntime/sandbox-config.ts';
import type { LoadedFacts } from './node-facts.ts';
import type { Cri, KubeletNode } from './ports.ts';
import { supportsRecursiveReadOnly } from './recursive-read-only.ts';
import { RunOptions } from './run-options.ts';
import { runtimeHandlerOf } from './runtime-class.ts';
import type { VolumeManager } from './volumemanager/volume-manager.ts';

export interface RuntimeAssemblyOptions {
  cri: Cri;
  api: KubeClient;
  node: KubeletNode;
  clock: Clock;
  configuration: KubeletConfiguration;
  recorder: EventRecorder;
  crashLoop: Backoff;
  probes: ProbeVerdicts;
  volumes: VolumeManager;
  cpus: InternalLifecycle;
  dns: PodDns;
  configSource: ConfigSource;
  allocatable: () => Record<string, string>;
  facts: LoadedFacts;
  /** What the runtime says that it can do, by handler. */
  handlers: () => readonly RuntimeHandler[];
  podIP: (pod: Pod) => string;
  isTerminationRequested: (uid: string) => boolean;
  random: () => number;
  onError: (error: unknown) => void;
}

const imageBackoff = { initial: 10_000, max: 300_000 };

/** The part of the kubelet that makes pods in the runtime (pkg/kubelet/kuberuntime, NewKubeGenericRuntimeManager). */
export function assembleRuntime(options: RuntimeAssemblyOptions): RuntimeManager {
  const { cri, api, node, clock, configuration, recorder, dns, random, onError } = options;
  const { runtime } = cri;
  const {
    clusterDomain,
    serializeImagePulls: serialize,
    maxParallelImagePulls: maxParallel,
  } = configuration;
  const hooks = new LifecycleHooks({ runtime, node, clock });
  const killer = new ContainerKiller({ runtime, hooks, recorder, clock, podIP: options.podIP });
  const runOptions = new RunOptions({
    files: node.files,
    volumes: options.volumes,
    facts: () => options.facts.get(),
    clusterDomain,
    random,
    environment: { source: options.configSource, allocatable: options.allocatable },
    supportsRecursiveReadOnly: async (pod) =>
      supportsRecursiveReadOnly(options.handlers(), await runtimeHandlerOf(pod, api)),
  });
  const images = new ImageManager({
    image: cri.image,
    recorder,
    backoff: new Backoff(clock, imageBackoff),
    limit: new PullLimit({ serialize, ...(maxParallel !== undefined && { maxParallel }) }),
    clock,
  });
  const starter = new ContainerStarter({
    runtime,
    files: node.files,
    images,
    recorder,
    hooks,
    killer,
    lifecycle: options.cpus,
    runOptions: (request) => runOptions.generate(request),
    onError,
  });
  return new RuntimeManager({
    runtime,
    starter,
    killer,
    recorder,
    backoff: options.crashLoop,
    probes: options.probes,
    runtimeHandler: (pod) => runtimeHandlerOf(pod, api),
    sandboxConfig: async (pod, attempt) =>
      sandboxConfig(pod, attempt, { dns: await dns.configOf(pod), clusterDomain }),
    isTerminationRequested: options.isTerminationRequested,
  });
}

import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import type { KubeletConfiguration } from './configuration.ts';
import type { LoadedFacts } from './node-facts.ts';
import { NodeLease } from './nodelease/node-lease.ts';
import { NodeStatusManager } from './nodestatus/node-status-manager.ts';
import type { Cri } from './ports.ts';
import { RuntimeState } from './runtime-state.ts';

export interface NodeAssemblyOptions {
  nodeName: string;
  cri: Cri;
  api: KubeClient;
  clock: Clock;
  configuration: KubeletConfiguration;
  facts: LoadedFacts;
  recorder: EventRecorder;
  plegUnhealthy: () => string | undefined;
  onError: (error: unknown) => void;
}

/** The part of the kubelet that knows how its node is and tells the API. */
export function assembleNode(options: NodeAssemblyOptions) {
  const { nodeName, cri, api, clock, configuration, facts, recorder, plegUnhealthy, onError } =
    options;
  const runtimeState = new RuntimeState({ runtime: cri.runtime, clock, plegUnhealthy, onError });
  const nodeStatus = new NodeStatusManager({
    api,
    image: cri.image,
    nodeName,
    configuration,
    facts: () => facts.get(),
    runtime: runtimeState,
    recorder,
    clock,
    onError,
  });
  const lease = new NodeLease({
    api,
    clock,
    nodeName,
    durationSeconds: configuration.nodeLeaseDurationSeconds,
    onError,
  });
  return { runtimeState, nodeStatus, lease };
}

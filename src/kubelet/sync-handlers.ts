import type { PodRef } from '#base/trace-records.ts';
import type { PodStatusCache } from './container/cache.ts';
import type { GarbageCollection } from './kuberuntime/garbage-collection.ts';
import type { PodCleanups } from './pod-cleanups.ts';
import { podRefOf } from './pod-facts.ts';
import type { PodHandlers } from './pod-handlers.ts';
import type { PodManager } from './pod-manager.ts';
import type { ProbeManager } from './prober/probe-manager.ts';
import type { ProbeUpdate } from './prober/results.ts';
import type { StatusManager } from './status/status-manager.ts';
import type { SyncHandlers, SyncLoopOptions } from './sync-loop.ts';

export interface SyncHandlerParts {
  handlers: PodHandlers;
  pods: PodManager;
  statuses: StatusManager;
  probes: ProbeManager;
  cleanups: PodCleanups;
  garbage: GarbageCollection;
  cache: PodStatusCache;
  sourcesReady: () => boolean;
  /** Of the kubelet's run, for what goes on beside the loop. */
  lifetime: { readonly signal: AbortSignal };
}

/** What each of SyncLoop's cases does (pkg/kubelet/kubelet.go, syncLoopIteration). */
export function syncHandlers(parts: SyncHandlerParts): SyncHandlers {
  const { handlers, pods, statuses, probes, cleanups, garbage, cache, sourcesReady, lifetime } =
    parts;
  const probeSync = ({ podUid }: ProbeUpdate) => handlers.sync(podUid);
  return {
    config: (update) => handlers.handle(update),
    pleg(event) {
      if (event.type !== 'ContainerRemoved') handlers.sync(event.uid);
      if (event.type !== 'ContainerDied') return;
      cleanups.expectLeftovers();
      garbage.afterDeath(cache.get(event.uid), event.containerId);
    },
    sync: () => void handlers.syncs(),
    housekeeping() {
      // Before all sources have spoken, a pod that is not known may still be wanted.
      if (sourcesReady()) cleanups.handle(lifetime.signal);
    },
    liveness(update) {
      if (update.result === 'failure') probeSync(update);
    },
    readiness(update) {
      const pod = pods.get(update.podUid);
      if (pod) statuses.setContainerReadiness(pod, update.containerId, update.result === 'success');
      probeSync(update);
    },
    startup(update) {
      const pod = pods.get(update.podUid);
      const started = update.result === 'success';
      if (pod) statuses.setContainerStartup(pod, update.containerId, started);
      if (started) probes.triggerReadiness(update.podUid);
      probeSync(update);
    },
    'container-manager': ({ podUids }) => podUids.forEach((uid) => handlers.sync(uid)),
  };
}

/** What an iteration is about, told before it is handled. */
export function describeIteration({
  pods,
  cache,
  workQueue,
}: {
  pods: PodManager;
  cache: PodStatusCache;
  workQueue: { due(): readonly string[] };
}): SyncLoopOptions['describe'] {
  const refs = (uids: readonly string[]): PodRef[] =>
    uids.map((uid) => {
      const pod = pods.get(uid);
      if (pod) return podRefOf(pod);
      const { name, namespace } = cache.get(uid);
      return { uid, name, namespace };
    });
  return (source, event) => {
    switch (source) {
      case 'config': {
        const { op, pods: changed } = event as {
          op: string;
          pods: Parameters<typeof podRefOf>[0][];
        };
        return { operation: op, pods: changed.map(podRefOf) };
      }
      case 'pleg': {
        const { type, uid } = event as { type: string; uid: string };
        return { operation: type, pods: refs([uid]) };
      }
      case 'sync':
        return { operation: 'SYNC', pods: refs(workQueue.due().filter((uid) => pods.get(uid))) };
      case 'housekeeping':
        return { operation: 'HOUSEKEEPING', pods: [] };
      case 'container-manager':
        return {
          operation: 'UPDATE',
          pods: refs((event as { podUids: readonly string[] }).podUids),
        };
      default: {
        const { result, podUid } = event as ProbeUpdate;
        return { operation: result, pods: refs([podUid]) };
      }
    }
  };
}

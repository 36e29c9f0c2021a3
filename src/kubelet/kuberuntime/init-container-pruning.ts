import type { Pod } from '#kube/types.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import { initContainersOf } from '#kubelet/pod-facts.ts';
import type { Cri } from '#kubelet/ports.ts';

/**
 * Removes ended init containers: all when the pod begins again in a new sandbox, else all but the
 * newest of each (purgeInitContainers, pruneInitContainersBeforeStart).
 */
export async function pruneInitContainers(
  runtime: Cri['runtime'],
  pod: Pod,
  status: PodStatus,
  which: 'all' | 'old',
  signal: AbortSignal,
): Promise<void> {
  for (const { name } of initContainersOf(pod)) {
    const ended = status.containers.filter((container) => container.name === name);
    const candidates = which === 'all' ? ended : ended.slice(1);
    for (const { id, state } of candidates) {
      if (which === 'old' && state !== 'exited' && state !== 'unknown') continue;
      await runtime.removeContainer({ containerId: id }, { signal });
    }
  }
}

import type { ContainerState, ContainerStatus, Pod, PodStatus } from '#kube/types.ts';
import { allContainersOf } from '#kubelet/pod-facts.ts';

/** Bytes of all termination messages of a pod together (pkg/kubelet/container/runtime.go, MaxPodTerminationMessageLogLength). */
const maxOfPod = 12 * 1024;

/** Each container has its share of what a pod's status may take (status_manager.go, normalizeStatus). */
export function withShortMessages(pod: Pod, status: PodStatus): PodStatus {
  const share = Math.floor(maxOfPod / Math.max(1, allContainersOf(pod).length));
  const short = (containers: ContainerStatus[] | undefined) =>
    containers?.map((container) => ({
      ...container,
      ...(container.state && { state: shorten(container.state, share) }),
      ...(container.lastState && { lastState: shorten(container.lastState, share) }),
    }));
  const [regular, init] = [short(status.containerStatuses), short(status.initContainerStatuses)];
  return {
    ...status,
    ...(regular && { containerStatuses: regular }),
    ...(init && { initContainerStatuses: init }),
  };
}

function shorten(state: ContainerState, bytes: number): ContainerState {
  const { terminated } = state;
  // No character takes more than three bytes for each of its UTF-16 units.
  if (!terminated?.message || terminated.message.length * 3 <= bytes) return state;
  const encoded = new TextEncoder().encode(terminated.message);
  if (encoded.length <= bytes) return state;
  // A character that the cut would go through stays out.
  const message = new TextDecoder().decode(encoded.subarray(0, bytes), { stream: true });
  return { ...state, terminated: { ...terminated, message } };
}

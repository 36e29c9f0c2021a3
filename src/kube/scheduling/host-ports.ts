import { isRestartableInitContainer } from '#kube/containers.ts';
import type { ContainerPort, Pod } from '#kube/types.ts';

const anyAddress = '0.0.0.0';

/** Whether a port of the node that the pod wants is one that another has (pkg/scheduler/framework/plugins/nodeports). */
export function hasHostPortConflict(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = others.flatMap(hostPorts);
  return wanted.some((one) => taken.some((other) => conflict(one, other)));
}

function hostPorts({ spec }: Pod): ContainerPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(isRestartableInitContainer);
  return [...(spec?.containers ?? []), ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort = 0 }) => hostPort > 0);
}

function conflict(one: ContainerPort, other: ContainerPort): boolean {
  if (one.hostPort !== other.hostPort) return false;
  if ((one.protocol ?? 'TCP') !== (other.protocol ?? 'TCP')) return false;
  const [left, right] = [addressOf(one), addressOf(other)];
  return left === right || left === anyAddress || right === anyAddress;
}

function addressOf({ hostIP = '' }: ContainerPort): string {
  return hostIP === '' ? anyAddress : hostIP;
}

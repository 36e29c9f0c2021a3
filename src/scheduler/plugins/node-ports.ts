import { isRestartableInitContainer } from '#kube/containers.ts';
import type { ContainerPort, Pod } from '#kube/types.ts';
import type { Filter } from './filter.ts';

/** upstream: plugins/nodeports */
export const nodePorts: Filter = (pod, { pods }) => {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = pods.flatMap(hostPorts);
  const collides = wanted.some((one) => taken.some((other) => conflict(one, other)));
  return collides
    ? {
        reasons: ["node(s) didn't have free ports for the requested pod ports"],
        resolvable: true,
      }
    : undefined;
};

function hostPorts({ spec }: Pod): ContainerPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(isRestartableInitContainer);
  return [...(spec?.containers ?? []), ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort = 0 }) => hostPort > 0);
}

const anyAddress = '0.0.0.0';

function conflict(one: ContainerPort, other: ContainerPort): boolean {
  if (one.hostPort !== other.hostPort) return false;
  if ((one.protocol ?? 'TCP') !== (other.protocol ?? 'TCP')) return false;
  const [left, right] = [addressOf(one), addressOf(other)];
  return left === right || left === anyAddress || right === anyAddress;
}

function addressOf({ hostIP = '' }: ContainerPort): string {
  return hostIP === '' ? anyAddress : hostIP;
}

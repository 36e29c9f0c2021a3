import { Quantity, quantityOf } from '#kube/quantity.ts';
import type {
  ContainerImage,
  Node,
  NodeCondition,
  NodeRuntimeHandler,
  NodeStatus,
} from '#kube/types.ts';
import type { Image, RuntimeHandler } from '#kube/cri/api_pb.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import type { NodeFacts } from '#kubelet/ports.ts';

export const kubeletVersion = 'v1.36.0';
const kubeletPort = 10_250;
/** pkg/kubelet/nodestatus: the most images that a node tells of. */
const maxImages = 50;

export function initialNode(
  nodeName: string,
  facts: NodeFacts,
  configuration: KubeletConfiguration,
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels: nodeLabels(facts, configuration) },
    spec: {},
  };
}

/** pkg/kubelet/kubelet_node_status.go, initialNode */
export function nodeLabels(
  { hostname, architecture }: NodeFacts,
  { nodeLabels: extra }: KubeletConfiguration,
): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': hostname,
    'kubernetes.io/os': 'linux',
    ...extra,
  };
}

export function capacity(
  { cpus, memoryBytes, storageBytes }: NodeFacts,
  maxPods: number,
): Record<string, string> {
  return {
    cpu: String(cpus.length),
    'ephemeral-storage': `${Math.floor(storageBytes / 1024)}Ki`,
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
}

/** What is left of the capacity for pods. */
export function allocatable(
  all: Record<string, string>,
  reserved: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.keys(all).map((name) => {
      const kept = quantityOf(reserved, name);
      const left = quantityOf(all, name).subtract(kept);
      return [name, left.compare(Quantity.zero) < 0 ? '0' : left.toString()];
    }),
  );
}

/** Whom to reach it by, what it is, and what can run on it. */
export function describeNode(
  facts: NodeFacts,
  configuration: KubeletConfiguration,
  runtimeVersion: string,
): NodeStatus {
  const all = capacity(facts, configuration.maxPods);
  return {
    addresses: [
      { type: 'InternalIP', address: facts.address },
      { type: 'Hostname', address: facts.hostname },
    ],
    capacity: all,
    allocatable: allocatable(all, configuration.systemReserved),
    daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.systemUuid,
      bootID: facts.bootId,
      kernelVersion: facts.kernelVersion,
      osImage: facts.osImage,
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: facts.architecture,
    },
  };
}

export function describeImages(images: readonly Image[]): ContainerImage[] {
  return images
    .map(({ repoTags, repoDigests, size }) => ({
      names: [...repoDigests, ...repoTags],
      sizeBytes: Number(size),
    }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, maxImages);
}

export function describeHandlers(handlers: readonly RuntimeHandler[]): NodeRuntimeHandler[] {
  return handlers.map(({ name, features }) => ({
    name,
    features: {
      recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
      userNamespaces: features?.userNamespaces ?? false,
    },
  }));
}

const pressures = [
  {
    type: 'MemoryPressure',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
] as const;

/** Nothing is evicted here, so there is no pressure to tell of (pkg/kubelet/nodestatus/setters.go). */
export function nodeConditions(
  before: readonly NodeCondition[],
  notReadyBecause: string | undefined,
  now: string,
): NodeCondition[] {
  const ready: Omit<NodeCondition, 'lastHeartbeatTime'> =
    notReadyBecause === undefined
      ? {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
        }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: notReadyBecause };
  return [...pressures.map((pressure) => ({ ...pressure, status: 'False' })), ready].map(
    (condition) => {
      const old = before.find(({ type }) => type === condition.type);
      const since = old?.status === condition.status ? old.lastTransitionTime : undefined;
      return { ...condition, lastHeartbeatTime: now, lastTransitionTime: since ?? now };
    },
  );
}

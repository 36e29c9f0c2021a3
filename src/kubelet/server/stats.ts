import type { Clock } from '#base/clock.ts';
import { formatTime } from '#kube/time.ts';
import type { ContainerStats, CpuUsage, MemoryUsage, PodSandboxStats } from '#kube/cri/api_pb.ts';
import { containerNameLabel } from '#kubelet/kuberuntime/labels.ts';
import type { PodStatusCache } from '#kubelet/container/cache.ts';
import type { Cri, KubeletNode, NodeUsage } from '#kubelet/ports.ts';

/** Part of staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1, Summary. */
export interface CpuStats {
  time: string;
  usageNanoCores?: number;
  usageCoreNanoSeconds?: number;
}

export interface MemoryStats {
  time: string;
  availableBytes?: number;
  usageBytes?: number;
  workingSetBytes?: number;
  rssBytes?: number;
  pageFaults?: number;
  majorPageFaults?: number;
}

export interface NetworkStats {
  time: string;
  name: string;
  rxBytes: number;
  txBytes: number;
}

export interface FsStats {
  time: string;
  availableBytes?: number;
  usedBytes?: number;
  inodesUsed?: number;
}

export interface ContainerSummary {
  name: string;
  startTime: string;
  cpu?: CpuStats;
  memory?: MemoryStats;
  rootfs?: FsStats;
}

export interface PodSummary {
  podRef: { name: string; namespace: string; uid: string };
  startTime: string;
  containers: ContainerSummary[];
  cpu?: CpuStats;
  memory?: MemoryStats;
  network?: NetworkStats;
}

export interface Summary {
  node: {
    nodeName: string;
    startTime: string;
    cpu: CpuStats;
    memory: MemoryStats;
    network: NetworkStats;
    fs: FsStats;
  };
  pods: PodSummary[];
}

/** What node, pods and containers use, from the node and the CRI (pkg/kubelet/stats/cri_stats_provider.go). */
export class StatsProvider {
  readonly #cri: Cri;
  readonly #node: KubeletNode;
  readonly #cache: PodStatusCache;
  readonly #nodeName: string;
  readonly #clock: Clock;
  #last: { usage: NodeUsage; nanoCores: number } | undefined;

  constructor(options: {
    cri: Cri;
    node: KubeletNode;
    cache: PodStatusCache;
    nodeName: string;
    clock: Clock;
  }) {
    this.#cri = options.cri;
    this.#node = options.node;
    this.#cache = options.cache;
    this.#nodeName = options.nodeName;
    this.#clock = options.clock;
  }

  async summary(signal: AbortSignal): Promise<Summary> {
    const [usage, { stats }] = await Promise.all([
      this.#node.usage(signal),
      this.#cri.runtime.listPodSandboxStats({}, { signal }),
    ]);
    const time = formatTime(usage.time);
    return {
      node: {
        nodeName: this.#nodeName,
        startTime: formatTime(usage.bootTime),
        cpu: {
          time,
          usageNanoCores: this.#nanoCores(usage),
          usageCoreNanoSeconds: Number(usage.cpuNanoSeconds),
        },
        memory: {
          time,
          availableBytes: Number(usage.memoryAvailableBytes),
          usageBytes: Number(usage.memoryUsageBytes),
          workingSetBytes: Number(usage.memoryWorkingSetBytes),
          rssBytes: Number(usage.memoryRssBytes),
        },
        network: {
          time,
          name: 'eth0',
          rxBytes: Number(usage.networkReceivedBytes),
          txBytes: Number(usage.networkSentBytes),
        },
        fs: {
          time,
          availableBytes: Number(usage.storageAvailableBytes),
          usedBytes: Number(usage.storageUsedBytes),
        },
      },
      pods: stats.flatMap((pod) => this.#pod(pod) ?? []),
    };
  }

  /** Of the time since the last look, or since the start. */
  #nanoCores(usage: NodeUsage): number {
    const since = this.#last?.usage ?? { time: usage.bootTime, cpuNanoSeconds: 0n };
    const elapsed = usage.time - since.time;
    // Two looks at one moment tell nothing new.
    if (elapsed <= 0) return this.#last?.nanoCores ?? 0;
    const nanoCores = Math.round(
      (Number(usage.cpuNanoSeconds - since.cpuNanoSeconds) / elapsed) * 1000,
    );
    this.#last = { usage, nanoCores };
    return nanoCores;
  }

  #pod({ attributes, linux }: PodSandboxStats): PodSummary | undefined {
    const { name, namespace, uid } = attributes?.metadata ?? {};
    if (name === undefined || namespace === undefined || uid === undefined) return undefined;
    const status = this.#cache.get(uid);
    const network = linux?.network;
    const startTime = status.sandboxes[0]?.createdAt ?? this.#clock.wallTime();
    return {
      podRef: { name, namespace, uid },
      startTime: formatTime(startTime),
      containers: (linux?.containers ?? []).map((stats) => this.#container(uid, stats)),
      ...(linux?.cpu && { cpu: cpuStats(linux.cpu) }),
      ...(linux?.memory && { memory: memoryStats(linux.memory) }),
      ...(network?.defaultInterface && {
        network: {
          time: nanoTime(network.timestamp),
          name: network.defaultInterface.name,
          rxBytes: Number(network.defaultInterface.rxBytes?.value ?? 0n),
          txBytes: Number(network.defaultInterface.txBytes?.value ?? 0n),
        },
      }),
    };
  }

  #container(
    uid: string,
    { attributes, cpu, memory, writableLayer }: ContainerStats,
  ): ContainerSummary {
    const status = this.#cache.get(uid).containers.find(({ id }) => id === attributes?.id);
    return {
      name: attributes?.labels[containerNameLabel] ?? attributes?.metadata?.name ?? '',
      startTime: formatTime(status?.startedAt ?? 0),
      ...(cpu && { cpu: cpuStats(cpu) }),
      ...(memory && { memory: memoryStats(memory) }),
      ...(writableLayer && {
        rootfs: {
          time: nanoTime(writableLayer.timestamp),
          usedBytes: Number(writableLayer.usedBytes?.value ?? 0n),
          inodesUsed: Number(writableLayer.inodesUsed?.value ?? 0n),
        },
      }),
    };
  }
}

function cpuStats({ timestamp, usageNanoCores, usageCoreNanoSeconds }: CpuUsage): CpuStats {
  return {
    time: nanoTime(timestamp),
    ...(usageNanoCores && { usageNanoCores: Number(usageNanoCores.value) }),
    ...(usageCoreNanoSeconds && { usageCoreNanoSeconds: Number(usageCoreNanoSeconds.value) }),
  };
}

function memoryStats(usage: MemoryUsage): MemoryStats {
  const { availableBytes, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } =
    usage;
  const numbers = {
    availableBytes,
    usageBytes,
    workingSetBytes,
    rssBytes,
    pageFaults,
    majorPageFaults,
  };
  const present = Object.entries(numbers).flatMap(([name, value]) =>
    value ? [[name, Number(value.value)]] : [],
  );
  return {
    time: nanoTime(usage.timestamp),
    ...(Object.fromEntries(present) as Partial<MemoryStats>),
  };
}

function nanoTime(nanoseconds: bigint): string {
  return formatTime(Number(nanoseconds / 1_000_000n));
}

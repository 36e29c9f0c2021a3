/** The parts of the kubelet's /stats/summary that metrics are made of (kubelet/pkg/apis/stats/v1alpha1/types.go). */
export interface StatsSummary {
  node: { nodeName: string; cpu?: CpuStats; memory?: MemoryStats };
  pods?: PodStats[];
}

export interface PodStats {
  podRef: { name: string; namespace: string; uid: string };
  containers?: { name: string; cpu?: CpuStats; memory?: MemoryStats }[];
}

export interface CpuStats {
  time: string;
  usageNanoCores?: number;
}

export interface MemoryStats {
  time: string;
  workingSetBytes?: number;
}

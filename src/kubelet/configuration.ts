/** What can be set of the kubelet, by the names of KubeletConfiguration v1beta1 where it has one; times in milliseconds. */
export interface KubeletConfiguration {
  /** Static pods' directory; empty for no static pods. */
  staticPodPath: string;
  clusterDNS: readonly string[];
  clusterDomain: string;
  /** The node's own resolv.conf, which pods without cluster DNS get. */
  resolvConf: string;
  serializeImagePulls: boolean;
  maxParallelImagePulls?: number;
  maxPods: number;
  nodeStatusUpdateFrequency: number;
  nodeStatusReportFrequency: number;
  nodeLeaseDurationSeconds: number;
  cpuManagerPolicy: 'none' | 'static';
  /** CPUs kept from pods by the static policy, as a cpuset. */
  reservedSystemCPUs: string;
  /** Kept from pods, as quantities. */
  systemReserved: Readonly<Record<string, string>>;
  /** Log files of a container are rotated at this size, in bytes. */
  containerLogMaxSize: number;
  containerLogMaxFiles: number;
  /** Extra labels of the node. */
  nodeLabels: Readonly<Record<string, string>>;
}

/** pkg/kubelet/apis/config/v1beta1/defaults.go, but for DNS, which the cluster has none of by itself. */
export const defaultConfiguration: KubeletConfiguration = {
  staticPodPath: '',
  clusterDNS: [],
  clusterDomain: 'cluster.local',
  resolvConf: '/etc/resolv.conf',
  serializeImagePulls: true,
  maxPods: 110,
  nodeStatusUpdateFrequency: 10_000,
  nodeStatusReportFrequency: 300_000,
  nodeLeaseDurationSeconds: 40,
  cpuManagerPolicy: 'none',
  reservedSystemCPUs: '',
  systemReserved: {},
  containerLogMaxSize: 10 << 20,
  containerLogMaxFiles: 5,
  nodeLabels: {},
};

import type { ContainerFacts } from './metrics.ts';
import type { InterfaceStats } from './network-stats.ts';

/** A metric with cAdvisor's name, as containerd has it (internal/cri/server/list_metric_descriptors.go). */
export interface MetricRow {
  name: string;
  help: string;
  /** Whether it also falls. */
  gauge?: boolean;
  /** After those that every metric has. */
  labels?: readonly string[];
}

interface ContainerRow extends MetricRow {
  values: (facts: ContainerFacts) => { value: bigint; labels?: readonly string[] }[];
}

interface DiskRow extends MetricRow {
  value: (facts: ContainerFacts) => bigint;
}

interface NetworkRow extends MetricRow {
  value: (stats: InterfaceStats) => bigint;
}

export const commonLabels = ['pod', 'namespace', 'container', 'id', 'image'];

const second = 1_000_000_000n;

function counter(
  name: string,
  help: string,
  value: (facts: ContainerFacts) => bigint,
): ContainerRow {
  return { name: `container_${name}`, help, values: (facts) => [{ value: value(facts) }] };
}

function gauge(name: string, help: string, value: (facts: ContainerFacts) => bigint): ContainerRow {
  return { ...counter(name, help, value), gauge: true };
}

const stat = (name: string) => (facts: ContainerFacts) => facts.cgroup.memory.stat.get(name) ?? 0n;

export const containerMetrics: readonly ContainerRow[] = [
  counter('cpu_user_seconds_total', 'CPU time in user mode', (f) => f.cgroup.cpu.user / second),
  counter(
    'cpu_system_seconds_total',
    'CPU time in the kernel',
    (f) => f.cgroup.cpu.system / second,
  ),
  counter('cpu_usage_seconds_total', 'CPU time', (f) => f.cgroup.cpu.usage / second),
  counter('cpu_cfs_periods_total', 'Enforcement periods', (f) => f.cgroup.cpu.periods),
  counter(
    'cpu_cfs_throttled_periods_total',
    'Periods in which it was throttled',
    (f) => f.cgroup.cpu.throttled,
  ),
  counter(
    'cpu_cfs_throttled_seconds_total',
    'Time for which it was throttled',
    (f) => f.cgroup.cpu.throttledTime / second,
  ),
  gauge('memory_cache', 'Page cache, bytes', stat('file')),
  gauge('memory_rss', 'Anonymous memory, bytes', stat('anon')),
  gauge('memory_kernel_usage', 'Memory of the kernel, bytes', stat('kernel_stack')),
  gauge('memory_mapped_file', 'Mapped files, bytes', stat('file_mapped')),
  gauge('memory_swap', 'Swap, bytes', () => 0n),
  // version 2 of cgroups counts none
  counter('memory_failcnt', 'Times that it met its limit', () => 0n),
  gauge('memory_usage_bytes', 'Memory, bytes', (f) => f.cgroup.memory.usage),
  gauge('memory_max_usage_bytes', 'Most memory so far, bytes', (f) => f.cgroup.memory.peak),
  gauge('memory_working_set_bytes', 'Working set, bytes', (f) => f.workingSet),
  gauge('memory_total_active_file_bytes', 'Active page cache, bytes', stat('active_file')),
  gauge('memory_total_inactive_file_bytes', 'Inactive page cache, bytes', stat('inactive_file')),
  {
    name: 'container_memory_failures_total',
    help: 'Page faults',
    labels: ['failure_type', 'scope'],
    values: (facts) =>
      ['pgfault', 'pgmajfault'].map((type) => ({
        value: stat(type)(facts),
        labels: [type, 'container'],
      })),
  },
  counter(
    'oom_events_total',
    'Processes killed for want of memory',
    (f) => f.cgroup.memory.oomKills,
  ),
  gauge('processes', 'Processes', (f) => f.cgroup.pids.current),
  gauge('file_descriptors', 'Open files', (f) => f.descriptors.all),
  gauge('sockets', 'Open sockets', (f) => f.descriptors.sockets),
  gauge('threads_max', 'Most threads allowed, 0 for any number', (f) => f.cgroup.pids.limit ?? 0n),
  gauge('threads', 'Threads', (f) => f.cgroup.pids.current),
  gauge('last_seen', 'When it was last seen, seconds since 1970', (f) => f.now),
  gauge(
    'start_time_seconds',
    'When it was started, seconds since 1970',
    (f) => f.container.startedAt / second,
  ),
  gauge('spec_cpu_period', 'CPU period, microseconds', (f) =>
    BigInt(f.container.spec.linux.resources.cpu?.period ?? 0),
  ),
  gauge('spec_cpu_quota', 'CPU quota, microseconds', (f) =>
    BigInt(Math.max(0, f.container.spec.linux.resources.cpu?.quota ?? 0)),
  ),
  gauge('spec_cpu_shares', 'CPU shares', (f) =>
    BigInt(f.container.spec.linux.resources.cpu?.shares ?? 0),
  ),
  gauge('spec_memory_limit_bytes', 'Memory limit, bytes', (f) => f.cgroup.memory.limit ?? 0n),
  gauge('spec_memory_reservation_limit_bytes', 'Memory reservation, bytes', () => 0n),
  gauge('spec_memory_swap_limit_bytes', 'Swap limit, bytes', () => 0n),
];

function disk(name: string, help: string, value: (facts: ContainerFacts) => bigint): DiskRow {
  return { name: `container_${name}`, help, gauge: true, labels: ['device'], value };
}

/** Nothing of the node is on a block device, so there is no I/O to count. */
export const diskMetrics: readonly DiskRow[] = [
  disk('fs_inodes_free', 'Free inodes', ({ layer }) => layer.fileSystem.inodesFree),
  disk('fs_inodes_total', 'Inodes', ({ layer }) => layer.fileSystem.inodes),
  disk('fs_limit_bytes', 'Size of the file system, bytes', ({ layer }) => layer.fileSystem.bytes),
  disk('fs_usage_bytes', 'What the container wrote, bytes', ({ layer }) => layer.bytes),
];

/** Described, as clients expect, but never with a value. */
export const ioMetrics: readonly MetricRow[] = [
  { name: 'container_fs_reads_bytes_total', help: 'Bytes read', labels: ['device'] },
  { name: 'container_fs_reads_total', help: 'Reads', labels: ['device'] },
  { name: 'container_fs_writes_bytes_total', help: 'Bytes written', labels: ['device'] },
  { name: 'container_fs_writes_total', help: 'Writes', labels: ['device'] },
  {
    name: 'container_blkio_device_usage_total',
    help: 'Bytes of a block device',
    labels: ['device', 'major', 'minor', 'operation'],
  },
];

function network(name: string, help: string, value: NetworkRow['value']): NetworkRow {
  return { name: `container_network_${name}`, help, labels: ['interface'], value };
}

export const networkMetrics: readonly NetworkRow[] = [
  network('receive_bytes_total', 'Bytes received', (stats) => stats.rxBytes),
  network('receive_packets_total', 'Packets received', (stats) => stats.rxPackets),
  network(
    'receive_packets_dropped_total',
    'Packets dropped on receipt',
    (stats) => stats.rxDropped,
  ),
  network('receive_errors_total', 'Errors on receipt', (stats) => stats.rxErrors),
  network('transmit_bytes_total', 'Bytes sent', (stats) => stats.txBytes),
  network('transmit_packets_total', 'Packets sent', (stats) => stats.txPackets),
  network('transmit_packets_dropped_total', 'Packets not sent', (stats) => stats.txDropped),
  network('transmit_errors_total', 'Errors on sending', (stats) => stats.txErrors),
];

export function metricDescriptors() {
  const rows: MetricRow[] = [...containerMetrics, ...diskMetrics, ...ioMetrics, ...networkMetrics];
  return rows.map(({ name, help, labels = [] }) => ({
    name,
    help,
    labelKeys: [...commonLabels, ...labels],
  }));
}

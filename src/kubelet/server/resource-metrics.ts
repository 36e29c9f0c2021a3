import { timeOf } from '#kube/time.ts';
import type { CpuStats, MemoryStats, Summary } from './stats.ts';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  labels: Labels;
  value: number;
  time: string;
}

/** /metrics/resource in Prometheus' text format (pkg/kubelet/metrics/collectors/resource_metrics.go). */
export function resourceMetrics({ node, pods }: Summary): string {
  const podLabels = ({ name, namespace }: { name: string; namespace: string }) => ({
    namespace,
    pod: name,
  });
  const containers = pods.flatMap(({ podRef, containers: list }) =>
    list.map((container) => ({
      container,
      labels: { container: container.name, ...podLabels(podRef) },
    })),
  );
  const cpu = (labels: Labels, stats: CpuStats | undefined): Sample[] =>
    stats?.usageCoreNanoSeconds === undefined
      ? []
      : [{ labels, value: stats.usageCoreNanoSeconds / 1e9, time: stats.time }];
  const memory = (labels: Labels, stats: MemoryStats | undefined): Sample[] =>
    stats?.workingSetBytes === undefined
      ? []
      : [{ labels, value: stats.workingSetBytes, time: stats.time }];
  return [
    metric(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      containers.flatMap(({ container, labels }) => cpu(labels, container.cpu)),
    ),
    metric(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      containers.flatMap(({ container, labels }) => memory(labels, container.memory)),
    ),
    metric(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      containers.map(({ container: { startTime }, labels }) => ({
        labels,
        value: timeOf(startTime) / 1000,
        time: startTime,
      })),
    ),
    metric(
      'node_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the node in core-seconds',
      cpu({}, node.cpu),
    ),
    metric(
      'node_memory_working_set_bytes',
      'gauge',
      'Current working set of the node in bytes',
      memory({}, node.memory),
    ),
    metric(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      pods.flatMap((pod) => cpu(podLabels(pod.podRef), pod.cpu)),
    ),
    metric(
      'pod_memory_working_set_bytes',
      'gauge',
      'Current working set of the pod in bytes',
      pods.flatMap((pod) => memory(podLabels(pod.podRef), pod.memory)),
    ),
    '# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise\n' +
      '# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n',
  ].join('');
}

function metric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, value, time }) => {
    const text = Object.entries(labels).map(
      ([label, content]) => `${label}=${JSON.stringify(content)}`,
    );
    return `${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value} ${timeOf(time)}\n`;
  });
  return `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

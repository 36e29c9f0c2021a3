import { MetricType } from '#kube/cri/api_pb.ts';
import type { ContainerRecord } from '#cri/container-record.ts';
import { containerDirectory, stateOf } from '#cri/container-record.ts';
import type { CriContext } from '#cri/context.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { type DirectoryUsage, directoryUsage } from '#cri/node-helper.ts';
import type { SandboxRecord } from '#cri/sandbox-record.ts';
import { type CgroupStats, workingSet } from '#runtimes/cgroup-stats.ts';
import { diskMetrics, containerMetrics, type MetricRow, networkMetrics } from './metric-table.ts';
import { statsOf } from './container-stats.ts';
import { networkStats } from './network-stats.ts';

/** What a row of the tables is computed of. */
export interface ContainerFacts {
  container: ContainerRecord;
  cgroup: CgroupStats;
  workingSet: bigint;
  layer: DirectoryUsage;
  /** Open files of the container's first process, and how many of them are sockets. */
  descriptors: { all: bigint; sockets: bigint };
  /** Seconds since 1970. */
  now: bigint;
}

/** Of every sandbox that runs and of its running containers. */
export async function podMetrics(context: CriContext) {
  const running = context.sandboxes.list().filter(({ state }) => state === 'ready');
  return Promise.all(running.map((sandbox) => metricsOf(context, sandbox)));
}

async function metricsOf(context: CriContext, sandbox: SandboxRecord) {
  const containers = context
    .containersOf(sandbox.id)
    .filter((container) => stateOf(container) === ContainerState.CONTAINER_RUNNING);
  const [metrics, containerRows] = await Promise.all([
    sandboxMetrics(context, sandbox),
    Promise.all(containers.map((container) => metricsOfContainer(context, sandbox, container))),
  ]);
  return {
    podSandboxId: sandbox.id,
    metrics,
    containerMetrics: containerRows.filter((row) => row !== undefined),
  };
}

async function sandboxMetrics(context: CriContext, sandbox: SandboxRecord) {
  if (sandbox.netns === undefined) return [];
  const { name = '', namespace = '' } = sandbox.config.metadata ?? {};
  const interfaces = await networkStats(context.agent, sandbox.pid);
  const timestamp = context.now();
  return interfaces.flatMap((stats) =>
    networkMetrics.map((row) =>
      metric(row, timestamp, [name, namespace, '', sandbox.id, '', stats.name], row.value(stats)),
    ),
  );
}

async function metricsOfContainer(
  context: CriContext,
  sandbox: SandboxRecord,
  container: ContainerRecord,
) {
  const facts = await factsOf(context, container);
  if (!facts) return undefined;
  const { name = '', namespace = '' } = sandbox.config.metadata ?? {};
  const { id, config } = container;
  const labels = [name, namespace, config.metadata?.name ?? '', id];
  labels.push(config.image?.userSpecifiedImage ?? '');
  const timestamp = context.now();
  const metrics = [
    ...containerMetrics.flatMap((row) =>
      row
        .values(facts)
        .map(({ value, labels: more = [] }) => metric(row, timestamp, [...labels, ...more], value)),
    ),
    ...diskMetrics.map((row) => metric(row, timestamp, [...labels, '/'], row.value(facts))),
  ];
  return { containerId: id, metrics };
}

function metric(row: MetricRow, timestamp: bigint, labelValues: string[], value: bigint) {
  const metricType = row.gauge === true ? MetricType.GAUGE : MetricType.COUNTER;
  return { name: row.name, timestamp, metricType, labelValues, value: { value } };
}

async function factsOf(
  context: CriContext,
  container: ContainerRecord,
): Promise<ContainerFacts | undefined> {
  const { agent } = context;
  const [cgroup, [layer], descriptors] = await Promise.all([
    statsOf(container),
    directoryUsage(agent, [containerDirectory(container.id)]),
    container.task?.ownKernel === true ? noDescriptors : descriptorsOf(context, container.pid),
  ]);
  if (!cgroup || !layer) return undefined;
  const now = context.now() / 1_000_000_000n;
  return { container, cgroup, workingSet: workingSet(cgroup), layer, descriptors, now };
}

/** Of a first process that the node does not see. */
const noDescriptors = { all: 0n, sockets: 0n };

async function descriptorsOf({ agent }: CriContext, pid: number) {
  const directory = `/proc/${pid}/fd`;
  const entries = await agent.files.list(directory).catch(() => []);
  const targets = await Promise.all(
    entries.map(({ name }) => agent.files.readLink(`${directory}/${name}`).catch(() => '')),
  );
  const sockets = targets.filter((target) => target.startsWith('socket:')).length;
  return { all: BigInt(entries.length), sockets: BigInt(sockets) };
}

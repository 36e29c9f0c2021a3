import { create } from '@bufbuild/protobuf';
import { SandglassError } from '#base/errors.ts';
import { type PodSandboxStats, PodSandboxStatsSchema } from '#kube/cri/api_pb.ts';
import type { CriContext } from '#cri/context.ts';
import type { SandboxRecord } from '#cri/sandbox-record.ts';
import { type CgroupStats, readCgroup, sumStats } from '#runtimes/cgroup-stats.ts';
import { containerStats, cpuUsage, memoryUsage } from './container-stats.ts';
import { type InterfaceStats, networkStats } from './network-stats.ts';

/** Of one that must be ready (containerd, internal/cri/server/sandbox_stats_linux.go). */
export async function readyStats(
  context: CriContext,
  sandbox: SandboxRecord,
): Promise<PodSandboxStats> {
  const { id, state } = sandbox;
  if (state === 'ready') return sandboxStats(context, sandbox);
  const why = `sandbox container "${id}" is not in ready state: unavailable`;
  throw new SandglassError(
    'unavailable',
    `failed to decode pod sandbox metrics ${id}: failed to get pod sandbox stats since ${why}`,
  );
}

/** The pod's cgroup as a whole, its network and each of its containers. */
export async function sandboxStats(
  context: CriContext,
  sandbox: SandboxRecord,
): Promise<PodSandboxStats> {
  const { id, config, pid, state } = sandbox;
  const { agent } = context;
  const running = state === 'ready';
  const [cgroup, interfaces, containers] = await Promise.all([
    running ? podStats(context, sandbox) : undefined,
    running && sandbox.netns !== undefined ? networkStats(agent, pid) : [],
    containerStats(context, context.containersOf(id)),
  ]);
  const timestamp = context.now();
  const [first] = interfaces;
  return create(PodSandboxStatsSchema, {
    attributes: {
      id,
      labels: config.labels,
      annotations: config.annotations,
      ...(config.metadata && { metadata: config.metadata }),
    },
    linux: {
      containers,
      ...(first && {
        network: {
          timestamp,
          defaultInterface: interfaceUsage(first),
          interfaces: interfaces.map(interfaceUsage),
        },
      }),
      ...(cgroup && {
        cpu: cpuUsage(context, id, cgroup),
        memory: memoryUsage(timestamp, cgroup),
        process: { timestamp, processCount: { value: cgroup.pids.current } },
      }),
    },
  });
}

/** Of its cgroup on the node, unless the pod's processes are not there. */
async function podStats(
  context: CriContext,
  { id, config, task }: SandboxRecord,
): Promise<CgroupStats | undefined> {
  if (!task?.ownKernel) {
    const parent = config.linux?.cgroupParent ?? '';
    return readCgroup(
      context.agent,
      `/sys/fs/cgroup${parent === '' ? `/sandglass/${id}` : parent}`,
    );
  }
  const tasks = [task, ...context.containersOf(id).flatMap(({ task }) => task ?? [])];
  return sumStats(
    (await Promise.all(tasks.map((one) => one.stats()))).filter((one) => one !== undefined),
  );
}

function interfaceUsage({ name, rxBytes, rxErrors, txBytes, txErrors }: InterfaceStats) {
  return {
    name,
    rxBytes: { value: rxBytes },
    rxErrors: { value: rxErrors },
    txBytes: { value: txBytes },
    txErrors: { value: txErrors },
  };
}

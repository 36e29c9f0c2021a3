import type { ServiceImpl } from '@connectrpc/connect';
import { SandglassError } from '#base/errors.ts';
import { CgroupDriver, ContainerState, type RuntimeService } from '#kube/cri/api_pb.ts';
import { processHeader } from '#kube/cri/process-header.ts';
import { stateOf } from './container-record.ts';
import type { CriContext } from './context.ts';
import { createContainer } from './create-container.ts';
import { execSync } from './exec-sync.ts';
import { matchesContainer, matchesSandbox } from './filters.ts';
import { removeContainer } from './remove-container.ts';
import { runSandbox } from './run-sandbox.ts';
import { runtimeStatus } from './runtime-status.ts';
import { startContainer } from './start-container.ts';
import {
  containerInfo,
  containerStatus,
  sandboxInfo,
  sandboxState,
  sandboxStatus,
} from './statuses.ts';
import { stopContainer } from './stop-container.ts';
import { containerStats, runningStats } from './stats/container-stats.ts';
import { metricDescriptors } from './stats/metric-table.ts';
import { podMetrics } from './stats/metrics.ts';
import { readyStats, sandboxStats } from './stats/sandbox-stats.ts';
import { removeSandbox, stopSandbox } from './stop-sandbox.ts';
import type { StreamingServer } from './streaming/streaming-server.ts';
import { updateResources } from './update-resources.ts';

export type RuntimeServiceImpl = Partial<ServiceImpl<typeof RuntimeService>>;

const toFindContainer = 'failed to find container';

/** Names as crictl shows them. */
const version = { runtimeName: 'sandglass', runtimeVersion: '0.1.0', runtimeApiVersion: 'v1' };

/** The calls about sandboxes, containers and the runtime itself. */
export function runtimeCalls(context: CriContext, streaming: StreamingServer) {
  const { sandboxes, containers } = context;
  return {
    version: () => ({ version: '0.1.0', ...version }),
    status: ({ verbose }) => runtimeStatus(context, verbose),
    runtimeConfig: () => ({ linux: { cgroupDriver: CgroupDriver.CGROUPFS } }),
    // The network is configured by its file alone.
    updateRuntimeConfig: () => ({}),

    runPodSandbox: async (request, { signal, responseHeader }) => {
      const { id: podSandboxId, pid } = await runSandbox(context, request, signal);
      responseHeader.set(processHeader, String(pid));
      return { podSandboxId };
    },
    stopPodSandbox: async ({ podSandboxId }) => {
      await stopSandbox(context, podSandboxId);
      return {};
    },
    removePodSandbox: async ({ podSandboxId }) => {
      await removeSandbox(context, podSandboxId);
      return {};
    },
    podSandboxStatus: ({ podSandboxId, verbose }) => {
      const sandbox = sandboxes.get(podSandboxId, 'an error occurred when try to find sandbox');
      return { status: sandboxStatus(sandbox), info: verbose ? sandboxInfo(sandbox) : {} };
    },
    listPodSandbox: ({ filter }) => ({
      items: sandboxes.list().flatMap((sandbox) => {
        if (!matchesSandbox(sandbox, filter)) return [];
        const { id, config, createdAt, runtimeHandler } = sandbox;
        const { metadata, labels, annotations } = config;
        return [
          {
            id,
            state: sandboxState(sandbox),
            createdAt,
            labels,
            annotations,
            runtimeHandler,
            ...(metadata && { metadata }),
          },
        ];
      }),
    }),

    createContainer: async (request) => ({
      containerId: await createContainer(context, request),
    }),
    startContainer: async ({ containerId }, { signal, responseHeader }) => {
      const pid = await startContainer(context, containers.get(containerId), signal);
      responseHeader.set(processHeader, String(pid));
      return {};
    },
    stopContainer: async ({ containerId, timeout }) => {
      const container = containers.find(containerId);
      if (container) await stopContainer(context, container, Number(timeout));
      return {};
    },
    removeContainer: async ({ containerId }) => {
      const container = containers.find(containerId);
      if (container) await removeContainer(context, container);
      return {};
    },
    containerStatus: async ({ containerId, verbose }) => {
      const container = containers.get(containerId);
      const status = await containerStatus(context, container);
      return { status, info: verbose ? containerInfo(container) : {} };
    },
    listContainers: ({ filter }) => ({
      containers: containers.list().flatMap((container) => {
        if (!matchesContainer(container, filter)) return [];
        const { id, sandboxId, config, imageId, createdAt } = container;
        const { metadata, image, labels, annotations } = config;
        return [
          {
            id,
            podSandboxId: sandboxId,
            imageRef: imageId,
            imageId,
            state: stateOf(container),
            createdAt,
            labels,
            annotations,
            ...(metadata && { metadata }),
            ...(image && { image }),
          },
        ];
      }),
    }),
    updateContainerResources: async ({ containerId, linux }) => {
      await updateResources(context, containers.get(containerId, toFindContainer), linux);
      return {};
    },
    // They are of the pod's cgroup, which is the kubelet's own.
    updatePodSandboxResources: ({ podSandboxId }) => {
      sandboxes.get(podSandboxId, 'failed to find sandbox');
      return {};
    },
    reopenContainerLog: async ({ containerId }) => {
      const container = containers.get(containerId);
      const running = stateOf(container) === ContainerState.CONTAINER_RUNNING;
      if (!running || !container.task) {
        throw new SandglassError('unknown', 'container is not running');
      }
      await container.task.reopenLog();
      return {};
    },
    execSync: async (request, { signal, responseHeader }) => {
      const { pid, ...result } = await execSync(context, request, signal);
      if (pid !== undefined) responseHeader.set(processHeader, String(pid));
      return result;
    },
    exec: (request) => streaming.exec(request),
    attach: (request) => streaming.attach(request),
    portForward: (request) => streaming.portForward(request),

    containerStats: async ({ containerId }) => {
      const container = containers.get(containerId, toFindContainer);
      return { stats: await runningStats(context, container) };
    },
    listContainerStats: async ({ filter }) => {
      const matching = containers.list().filter((record) => matchesContainer(record, filter));
      return { stats: await containerStats(context, matching) };
    },
    podSandboxStats: async ({ podSandboxId: id }) => {
      const sandbox = sandboxes.get(id, `an error occurred when trying to find sandbox ${id}`);
      return { stats: await readyStats(context, sandbox) };
    },
    listPodSandboxStats: async ({ filter }) => {
      const matching = sandboxes
        .list()
        .filter((record) => record.state === 'ready' && matchesSandbox(record, filter));
      return { stats: await Promise.all(matching.map((record) => sandboxStats(context, record))) };
    },
    listMetricDescriptors: () => ({ descriptors: metricDescriptors() }),
    listPodSandboxMetrics: async () => ({ podMetrics: await podMetrics(context) }),
    getContainerEvents: (_, { signal }) => context.events.listen(signal),
  } satisfies RuntimeServiceImpl;
}

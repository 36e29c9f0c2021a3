import type { Clock } from '#base/clock.ts';
import { asSandglassError } from '#base/errors.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import { type LogChunk, type LogOptions, readLogs } from '#kube/logs/log-reader.ts';
import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { timeOf } from '#kube/time.ts';
import type { Pod } from '#kube/types.ts';
import type { PodStatusCache } from '#kubelet/container/cache.ts';
import { allContainersOf, findApiStatus, fullName, nameOf, uidOf } from '#kubelet/pod-facts.ts';
import type { PodManager } from '#kubelet/pod-manager.ts';
import type { Cri, KubeletNode, StreamingServer } from '#kubelet/ports.ts';
import type { RuntimeState } from '#kubelet/runtime-state.ts';
import type { StatusManager } from '#kubelet/status/status-manager.ts';
import { containerForLogs } from './log-status.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { type ContainerPath, containerPath, isSet, plainText, routeOf } from './router.ts';
import { StatsProvider } from './stats.ts';
import { StreamEndpoints } from './streams.ts';

export interface KubeletServerParts {
  pods: PodManager;
  statuses: StatusManager;
  cache: PodStatusCache;
  runtimeState: RuntimeState;
  cri: Cri;
  node: KubeletNode;
  streaming: StreamingServer;
  clock: Clock;
  nodeName: string;
}

/** What the API server asks the kubelet for (pkg/kubelet/server/server.go). */
export class KubeletServer {
  readonly #parts: KubeletServerParts;
  readonly #streams: StreamEndpoints;
  readonly #stats: StatsProvider;

  constructor(parts: KubeletServerParts) {
    this.#parts = parts;
    this.#streams = new StreamEndpoints({
      ...parts,
      findPod: (namespace, name) => this.#findPod(namespace, name),
    });
    this.#stats = new StatsProvider(parts);
  }

  readonly fetch: FetchHandler = async (request) => {
    try {
      return await this.#respond(request);
    } catch (error) {
      return plainText(500, `${fromConnectError(error).message}\n`);
    }
  };

  readonly upgrade: UpgradeHandler = (request) => this.#streams.upgrade(request);

  async #respond(request: Request): Promise<Response> {
    const { path, query } = routeOf(new URL(request.url));
    const [endpoint, ...rest] = path;
    switch (endpoint) {
      case 'healthz':
        return this.#health();
      case 'pods':
        return Response.json({
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: {},
          items: this.#pods(),
        });
      case 'containerLogs': {
        const target = containerPath(rest);
        return target
          ? await this.#logs(target, query, request.signal)
          : plainText(404, '404 page not found\n');
      }
      case 'stats':
        if (rest[0] !== 'summary') break;
        return Response.json(await this.#stats.summary(request.signal));
      case 'metrics':
        if (rest[0] !== 'resource') break;
        return plainText(200, resourceMetrics(await this.#stats.summary(request.signal)));
      case 'exec':
      case 'attach':
      case 'portForward':
        return plainText(400, 'Upgrade request required\n');
    }
    return plainText(404, '404 page not found\n');
  }

  #health(): Response {
    const why = this.#parts.runtimeState.runtimeErrors();
    return why === undefined ? plainText(200, 'ok') : plainText(500, `${why}\n`);
  }

  #pods(): Pod[] {
    const { pods, statuses } = this.#parts;
    return pods.pods().map((pod) => {
      const status = statuses.get(uidOf(pod)) ?? pod.status;
      return status ? { ...pod, status } : pod;
    });
  }

  #findPod(namespace: string, name: string): Pod | undefined {
    return this.#parts.pods.getByFullName(fullName(name, namespace));
  }

  async #logs(
    { namespace, pod: name, container }: ContainerPath,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<Response> {
    const pod = this.#findPod(namespace, name);
    if (!pod) return plainText(404, `pod "${name}" does not exist\n`);
    if (!allContainersOf(pod).some((spec) => spec.name === container)) {
      return plainText(404, `container "${container}" not found in pod "${name}"\n`);
    }
    const options = logOptions(query, this.#parts.clock);
    if (typeof options === 'string') return plainText(400, `${options}\n`);
    const { cri, statuses } = this.#parts;
    const status = statuses.get(uidOf(pod)) ?? pod.status ?? {};
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    let id: string;
    try {
      id = containerForLogs(
        nameOf(pod),
        container,
        findApiStatus(all, container),
        isSet(query, 'previous'),
      );
    } catch (error) {
      return plainText(400, asSandglassError(error).message);
    }
    const { status: runtimeStatus } = await cri.runtime.containerStatus(
      { containerId: id },
      { signal },
    );
    const path = runtimeStatus?.logPath ?? '';
    const isRunning = async () => {
      const response = await cri.runtime.containerStatus({ containerId: id }, { signal: ended });
      return response.status?.state === ContainerState.CONTAINER_RUNNING;
    };
    const over = new AbortController();
    const ended = AbortSignal.any([signal, over.signal]);
    const lines = readLogs(this.#parts.node, path, options, isRunning, this.#parts.clock, ended);
    return new Response(streamOf(lines, over), { headers: { 'content-type': 'text/plain' } });
  }
}

/** What the query asks for, or what is wrong with it (pkg/apis/core/validation, ValidatePodLogOptions). */
function logOptions(query: URLSearchParams, clock: Clock): LogOptions | string {
  const numbers = ['tailLines', 'limitBytes', 'sinceSeconds'] as const;
  const values: Partial<Record<(typeof numbers)[number], number>> = {};
  for (const name of numbers) {
    const text = query.get(name);
    if (text === null) continue;
    const value = Number(text);
    if (!Number.isInteger(value) || value < (name === 'tailLines' ? 0 : 1)) {
      return `{"message": "Invalid request: ${name} ${JSON.stringify(text)}"}`;
    }
    values[name] = value;
  }
  const { tailLines, limitBytes, sinceSeconds } = values;
  const sinceTime = query.get('sinceTime');
  const since =
    sinceTime !== null
      ? timeOf(sinceTime)
      : sinceSeconds === undefined
        ? undefined
        : clock.wallTime() - sinceSeconds * 1000;
  const stream = query.get('stream')?.toLowerCase();
  return {
    tailLines,
    limitBytes,
    since,
    timestamps: isSet(query, 'timestamps'),
    follow: isSet(query, 'follow'),
    stream: stream === 'stdout' || stream === 'stderr' ? stream : undefined,
  };
}

/** A body that is read as fast as its reader takes it. */
function streamOf(
  chunks: AsyncGenerator<LogChunk, void, undefined>,
  over: AbortController,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value.bytes);
    },
    cancel() {
      over.abort();
    },
  });
}

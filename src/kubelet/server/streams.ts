import type { UpgradeRequest, Upgraded } from '#kube/streaming/upgrade.ts';
import type { Pod } from '#kube/types.ts';
import type { PodStatusCache } from '#kubelet/container/cache.ts';
import { findContainerStatus } from '#kubelet/container/types.ts';
import { grpcErrorText } from '#kubelet/grpc-errors.ts';
import { uidOf } from '#kubelet/pod-facts.ts';
import type { Cri, StreamingServer } from '#kubelet/ports.ts';
import { containerPath, isSet, plainText, routeOf } from './router.ts';

export interface StreamParts {
  cri: Cri;
  streaming: StreamingServer;
  cache: PodStatusCache;
  findPod: (namespace: string, name: string) => Pod | undefined;
}

/** Exec, attach and port-forward: asks the CRI for a URL and passes the stream through (pkg/kubelet/server/server.go). */
export class StreamEndpoints {
  readonly #parts: StreamParts;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  async upgrade(request: UpgradeRequest): Promise<Upgraded | Response> {
    const { path } = routeOf(request.url);
    const [endpoint, ...rest] = path;
    const signal = request.signal ?? new AbortController().signal;
    const target =
      endpoint === 'portForward'
        ? await this.#portForward(rest, request.url.searchParams, signal)
        : endpoint === 'exec' || endpoint === 'attach'
          ? await this.#container(endpoint, rest, request.url.searchParams, signal)
          : plainText(404, '404 page not found\n');
    if (target instanceof Response) return target;
    return await this.#parts.streaming.upgrade({ ...request, url: target });
  }

  async #container(
    endpoint: 'exec' | 'attach',
    parts: readonly string[],
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<URL | Response> {
    const path = containerPath(parts);
    if (!path) return plainText(404, '404 page not found\n');
    const tty = isSet(query, 'tty');
    const streams = {
      stdin: isSet(query, 'input'),
      stdout: isSet(query, 'output'),
      // A terminal has one output.
      stderr: isSet(query, 'error') && !tty,
    };
    if (!streams.stdin && !streams.stdout && !streams.stderr) {
      return plainText(400, 'you must specify at least 1 of stdin, stdout, stderr\n');
    }
    const containerId = this.#containerId(path.namespace, path.pod, path.container);
    if (containerId instanceof Response) return containerId;
    const { runtime } = this.#parts.cri;
    return await this.#ask(async () =>
      endpoint === 'exec'
        ? await runtime.exec(
            { containerId, cmd: query.getAll('command'), tty, ...streams },
            { signal },
          )
        : await runtime.attach({ containerId, tty, ...streams }, { signal }),
    );
  }

  async #portForward(
    [namespace = '', name = '']: readonly string[],
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<URL | Response> {
    const pod = this.#parts.findPod(namespace, name);
    if (!pod) return plainText(404, 'pod does not exist\n');
    const sandbox = this.#parts.cache.get(uidOf(pod)).sandboxes.find(({ ready }) => ready);
    if (!sandbox) return plainText(500, `failed to find sandbox for pod "${name}_${namespace}"\n`);
    const port = query.getAll('port').map(Number).filter(Number.isInteger);
    return await this.#ask(() =>
      this.#parts.cri.runtime.portForward({ podSandboxId: sandbox.id, port }, { signal }),
    );
  }

  #containerId(namespace: string, name: string, container: string): string | Response {
    const pod = this.#parts.findPod(namespace, name);
    if (!pod) return plainText(404, 'pod does not exist\n');
    const status = findContainerStatus(this.#parts.cache.get(uidOf(pod)), container);
    return status ? status.id : plainText(500, `container not found ("${container}")\n`);
  }

  async #ask(ask: () => Promise<{ url: string }>): Promise<URL | Response> {
    try {
      return new URL((await ask()).url);
    } catch (error) {
      return plainText(500, `${grpcErrorText(error)}\n`);
    }
  }
}

import { gzip } from 'pako';
import type { Clock } from '#base/clock.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { isNotFound } from '#kubelet/grpc-errors.ts';
import { formatTime } from '#kube/time.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import type { Cri, NodeFiles } from '#kubelet/ports.ts';
import { repeat } from '#kubelet/repeat.ts';

/** pkg/kubelet/logs/container_log_manager.go, containerLogMonitorInterval */
const monitorPeriod = 10_000;

/** Keeps containers' logs within their size (pkg/kubelet/logs/container_log_manager.go). */
export class LogRotation {
  readonly #runtime: Cri['runtime'];
  readonly #files: NodeFiles;
  readonly #clock: Clock;
  readonly #configuration: KubeletConfiguration;
  readonly #onError: (error: unknown) => void;
  /** Where each running container writes: asked for once. */
  readonly #paths = new Map<string, string>();

  constructor(options: {
    runtime: Cri['runtime'];
    files: NodeFiles;
    clock: Clock;
    configuration: KubeletConfiguration;
    onError: (error: unknown) => void;
  }) {
    this.#runtime = options.runtime;
    this.#files = options.files;
    this.#clock = options.clock;
    this.#configuration = options.configuration;
    this.#onError = options.onError;
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { clock: this.#clock, period: monitorPeriod, signal, onError: this.#onError };
    await repeat({ ...options, pauseFirst: true }, () => this.rotate(signal));
  }

  async rotate(signal: AbortSignal): Promise<void> {
    const filter = { state: { state: ContainerState.CONTAINER_RUNNING } };
    const { containers } = await this.#runtime.listContainers({ filter }, { signal });
    const running = new Set(containers.map(({ id }) => id));
    for (const id of this.#paths.keys()) if (!running.has(id)) this.#paths.delete(id);
    for (const id of running) {
      try {
        await this.#rotateOf(id, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isNotFound(error)) this.#onError(error);
      }
    }
  }

  async #rotateOf(id: string, signal: AbortSignal): Promise<void> {
    const path = this.#paths.get(id) ?? (await this.#pathOf(id, signal));
    if (path === '') return;
    this.#paths.set(id, path);
    const { size } = await this.#files.stat(path, signal);
    if (size < this.#configuration.containerLogMaxSize) return;
    await this.#shrink(path, signal);
    const time = formatTime(this.#clock.wallTime()).replaceAll(/[-:TZ]/g, '');
    const rotated = `${path}.${time.slice(0, 8)}-${time.slice(8)}`;
    await this.#files.rename(path, rotated, signal);
    try {
      await this.#runtime.reopenContainerLog({ containerId: id }, { signal });
    } catch (error) {
      await this.#files.rename(rotated, path, signal);
      throw error;
    }
  }

  async #pathOf(id: string, signal: AbortSignal): Promise<string> {
    const { status } = await this.#runtime.containerStatus({ containerId: id }, { signal });
    return status?.logPath ?? '';
  }

  /** Compresses what was rotated before, and removes the eldest, to leave room for one more. */
  async #shrink(path: string, signal: AbortSignal): Promise<void> {
    const slash = path.lastIndexOf('/');
    const [directory, base] = [path.slice(0, slash), path.slice(slash + 1)];
    const rotated = (await this.#files.list(directory, signal))
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${base}.`))
      .sort();
    // The log itself, and the one that is about to be rotated.
    const excess = Math.max(0, rotated.length - (this.#configuration.containerLogMaxFiles - 2));
    for (const name of rotated.slice(0, excess)) {
      await this.#files.remove(`${directory}/${name}`, { missing: 'ignore', signal });
    }
    for (const name of rotated.slice(excess)) {
      if (name.endsWith('.gz')) continue;
      const file = `${directory}/${name}`;
      await this.#files.write(`${file}.gz`, gzip(await this.#files.read(file, { signal })), {
        signal,
      });
      await this.#files.remove(file, { missing: 'ignore', signal });
    }
  }
}

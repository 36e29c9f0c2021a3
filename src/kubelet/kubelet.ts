import type { Clock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import type { Stepper } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { assemble } from './assembly.ts';
import { type KubeletConfiguration, defaultConfiguration } from './configuration.ts';
import { containerLogsRoot, podLogsRoot } from './kuberuntime/log-paths.ts';
import { podsRoot } from './pod-directories.ts';
import type { Cri, KubeletNode, StreamingServer } from './ports.ts';
import { KubeletServer } from './server/server.ts';

export interface KubeletOptions {
  nodeName: string;
  cri: Cri;
  api: KubeClient;
  node: KubeletNode;
  /** Where the URLs lead that the CRI returns for exec, attach and port-forward. */
  streaming: StreamingServer;
  clock: Clock;
  trace: TraceBus;
  stepper: Stepper;
  configuration?: Partial<KubeletConfiguration>;
  /** Between 0 and 1; spreads periods and chooses among sources. */
  random?: () => number;
  /** Told of what upstream would log. */
  onError?: (error: SandglassError) => void;
}

/** The node's agent: runs the pods that the API and the node's own files ask for (pkg/kubelet/kubelet.go). */
export class Kubelet {
  readonly server: KubeletServer;
  readonly #options: KubeletOptions;
  readonly #parts: ReturnType<typeof assemble>;
  readonly #onError: (error: unknown) => void;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#onError = (error) => options.onError?.(fromConnectError(error));
    this.#parts = assemble({
      ...options,
      configuration: { ...defaultConfiguration, ...options.configuration },
      random: options.random ?? Math.random,
      onError: this.#onError,
    });
    this.server = new KubeletServer({
      ...this.#parts,
      cri: options.cri,
      node: options.node,
      streaming: options.streaming,
      clock: options.clock,
      nodeName: options.nodeName,
    });
  }

  /** Runs until the signal fires. What it knows is rebuilt from the API and the runtime each time. */
  async run(signal: AbortSignal): Promise<void> {
    const parts = this.#parts;
    // Its end also ends what failed together with others.
    const stop = new AbortController();
    const running = AbortSignal.any([signal, stop.signal]);
    parts.beside(running);
    try {
      await this.#prepare(running);
      await Promise.all([
        parts.runtimeState.run(running),
        parts.nodeStatus.run(running),
        parts.lease.run(running),
        parts.statuses.run(running),
        parts.pleg.run(running),
        parts.syncLoop.run(running),
        ...parts.sources.map((source) => source.run(running)),
        parts.garbage.run(running),
        parts.logRotation.run(running),
        parts.cpus.run(running),
      ]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop.abort();
      parts.probes.stopAll();
      await parts.workers.stop();
      await parts.cleanups.settle();
      await parts.recorder.flush();
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { node } = this.#options;
    await this.#parts.facts.load(signal);
    await Promise.all([
      this.#parts.runtimeState.update(signal),
      ...[podsRoot, podLogsRoot, containerLogsRoot].map((path) =>
        node.files.makeDirectory(path, { parents: true, signal }),
      ),
    ]);
    await this.#parts.nodeStatus.register(signal);
    await this.#parts.startContainerManager(signal);
  }
}

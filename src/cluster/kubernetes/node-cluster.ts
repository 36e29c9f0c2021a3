import type { Clock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { asSandglassError } from '#base/errors.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { ClusterStatus } from '#rpc/contracts.ts';
import { Told } from '#cluster/told.ts';
import { Kubernetes, type KubernetesOptions } from './kubernetes.ts';

/** Of Kubernetes' options those that stay the same from one machine to the next. */
export type ClusterOptions = Omit<KubernetesOptions, 'agent' | 'clock'> & { clock: Clock };

/** The Kubernetes of a node: begins when the node's agent answers, ends with it, begins anew with the next. */
export class NodeCluster {
  readonly status = new Told<ClusterStatus>({ kind: 'off' });
  /** Told of each Kubernetes before anything happens in it that a reader could miss. */
  readonly started = new Emitter<Kubernetes>();
  readonly #node: LinuxNode;
  readonly #options: ClusterOptions;
  #running: Kubernetes | undefined;
  #agent: unknown;

  constructor(node: LinuxNode, options: ClusterOptions) {
    this.#node = node;
    this.#options = options;
    node.changes.listen(() => this.#follow());
  }

  get running(): Kubernetes | undefined {
    return this.#running;
  }

  #follow(): void {
    const { status } = this.#node;
    // A paused machine keeps its cluster: its clock goes on, as a real control plane's would.
    if (status.kind === 'paused') return;
    const agent = status.kind === 'running' ? this.#node.running.agent : undefined;
    if (agent === this.#agent) return;
    this.#agent = agent;
    this.#end();
    if (agent) void this.#begin(agent);
  }

  async #begin(agent: KubernetesOptions['agent']): Promise<void> {
    this.status.tell({ kind: 'starting' });
    try {
      const kubernetes = await Kubernetes.prepare({ ...this.#options, agent });
      if (this.#agent !== agent) {
        await kubernetes.stop();
        return;
      }
      this.#running = kubernetes;
      this.started.emit(kubernetes);
      kubernetes.run();
      this.status.tell({ kind: 'running' });
    } catch (thrown) {
      if (this.#agent !== agent) return;
      const { code, message } = asSandglassError(thrown);
      this.status.tell({ kind: 'failed', failure: { code, message } });
    }
  }

  #end(): void {
    void this.#running?.stop();
    this.#running = undefined;
    if (this.status.value.kind !== 'off') this.status.tell({ kind: 'off' });
  }
}

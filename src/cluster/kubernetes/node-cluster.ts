import type { Clock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
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
  /** Settles with the Kubernetes that was begun last. */
  #begun = noCluster();
  #agent: unknown;

  constructor(node: LinuxNode, options: ClusterOptions) {
    this.#node = node;
    this.#options = options;
    node.changes.listen(() => this.#follow());
  }

  get running(): Kubernetes | undefined {
    return this.#running;
  }

  /** The Kubernetes as soon as there is one: one that is being prepared takes a moment. */
  kubernetesToCome(): Promise<Kubernetes> {
    return this.#begun.promise;
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
    const begun = (this.#begun = new Deferred<Kubernetes>());
    this.status.tell({ kind: 'starting' });
    try {
      const kubernetes = await Kubernetes.prepare({ ...this.#options, agent });
      if (this.#agent !== agent) {
        begun.reject(notRunning());
        await kubernetes.stop();
        return;
      }
      this.#running = kubernetes;
      this.started.emit(kubernetes);
      kubernetes.run();
      this.status.tell({ kind: 'running' });
      begun.resolve(kubernetes);
    } catch (thrown) {
      begun.reject(asSandglassError(thrown));
      if (this.#agent !== agent) return;
      const { code, message } = asSandglassError(thrown);
      this.status.tell({ kind: 'failed', failure: { code, message } });
    }
  }

  #end(): void {
    void this.#running?.stop();
    this.#running = undefined;
    this.#begun = noCluster();
    if (this.status.value.kind !== 'off') this.status.tell({ kind: 'off' });
  }
}

function noCluster(): Deferred<Kubernetes> {
  const deferred = new Deferred<Kubernetes>();
  deferred.reject(notRunning());
  return deferred;
}

function notRunning(): SandglassError {
  return new SandglassError('unavailable', 'The cluster is not running.');
}

import { Deferred } from '#base/deferred.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { Store } from '#apiserver/storage/store.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { RunningNode } from '#cluster/running-node.ts';
import type { ClusterStatus, NodeStatus } from '#rpc/contracts.ts';
import { Told } from '#cluster/told.ts';
import { Faults } from './faults.ts';
import { keepRunning } from './keep-running.ts';
import type { Kubernetes } from './kubernetes.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';
import { serveCommands, vmmProgramName } from './node-commands.ts';

/** Of Kubernetes' options those that stay the same from one machine to the next. */
export type ClusterOptions = Omit<KubernetesOptions, 'agent' | 'clock' | 'store' | 'faults'>;

type Agent = KubernetesOptions['agent'];

/** Milliseconds before a cluster that could not be started is tried again, doubled each time. */
const firstDelay = 1_000;
const longestDelay = 30_000;

/**
 * The Kubernetes of a node: once asked for it begins with the node's agent, ends with it, begins again
 * with the next. The API's objects outlive an agent, and a machine that restarted itself, as those of a
 * control plane elsewhere would; a node that the reader starts anew begins with none.
 */
export class NodeCluster {
  readonly status = new Told<ClusterStatus>({ kind: 'off' });
  /** Told of each Kubernetes before anything happens in it that a reader could miss. */
  readonly started = new Emitter<Kubernetes>();
  readonly faults: Faults;
  readonly #node: LinuxNode;
  readonly #options: ClusterOptions;
  #wanted = false;
  #running: Kubernetes | undefined;
  /** Settles with the Kubernetes that was begun last. */
  #begun: Deferred<Kubernetes> | undefined;
  /** The node whose agent it is for. */
  #up: RunningNode | undefined;
  /** Of the Kubernetes before. */
  #store: Store | undefined;
  /** Milliseconds to wait should the next start fail. */
  #delay = firstDelay;
  /** Ends the wait for the next try of a start that failed. */
  #tryNow: (() => void) | undefined;
  #stopWaiting: () => void = () => undefined;
  /** Fires when the agent is gone. */
  #ending = new AbortController();

  readonly #prepare: typeof Kubernetes.prepare;

  constructor(
    node: LinuxNode,
    options: ClusterOptions,
    prepare: typeof Kubernetes.prepare = prepareKubernetes,
  ) {
    this.#node = node;
    this.#options = options;
    this.#prepare = prepare;
    this.faults = new Faults(node.time);
    node.changes.listen(() => this.#follow());
  }

  get running(): Kubernetes | undefined {
    return this.#running;
  }

  /** Begins on the machine that runs, or on the next. What failed to begin is tried again at once. */
  start(): void {
    this.#wanted = true;
    if (this.#up && !this.#begun) void this.#begin(this.#up);
    else this.#tryNow?.();
  }

  /** The Kubernetes as soon as it is prepared, which takes a moment; asking starts it. */
  kubernetesToCome(): Promise<Kubernetes> {
    this.start();
    return this.#begun?.promise ?? Promise.reject(notRunning());
  }

  #follow(): void {
    const { status } = this.#node;
    // A paused machine keeps its cluster, whose time stands still with it.
    if (status.kind === 'paused') return;
    if (beginsAnew(status)) {
      this.#store = undefined;
      this.faults.clear();
    }
    const up = status.kind === 'running' ? this.#node.running : undefined;
    if (up?.agent === this.#up?.agent) return;
    this.#end();
    this.#up = up;
    if (!up) return;
    this.#serveCommands(up.agent, this.#ending.signal);
    // A saved cluster's pods want their kubelet whether somebody asks or not.
    if (this.#wanted || up.store) this.start();
  }

  /** From the first prompt on: a command that comes before the cluster waits for it. */
  #serveCommands(agent: Agent, signal: AbortSignal): void {
    const program = async (name: string, calling: AbortSignal) => {
      const kubernetes = await untilAborted(this.kubernetesToCome(), calling);
      // A machine may be one that the kubelet itself has asked for.
      if (name !== vmmProgramName) await kubernetes.nodeRegistered(calling);
      return kubernetes.programs[name];
    };
    void keepRunning(
      'What answers kubectl and crictl on the node',
      (life) => serveCommands(agent, program, life),
      { clock: this.#node.time, signal, onError: this.#options.onError },
    );
  }

  async #begin(up: RunningNode): Promise<void> {
    const { agent, store: saved } = up;
    const store = (this.#store ??= new Store(saved && { snapshot: saved }));
    const begun = (this.#begun = new Deferred<Kubernetes>());
    // A failure is told as the status; whoever waits hears it besides.
    begun.promise.catch(() => undefined);
    this.status.tell({ kind: 'starting' });
    try {
      const kubernetes = await this.#prepare({
        ...this.#options,
        faults: this.faults,
        clock: this.#node.time,
        agent,
        store,
      });
      if (this.#up !== up) {
        begun.reject(notRunning());
        await kubernetes.stop();
        return;
      }
      this.#running = kubernetes;
      this.#delay = firstDelay;
      this.started.emit(kubernetes);
      kubernetes.run();
      this.status.tell({ kind: 'running' });
      begun.resolve(kubernetes);
    } catch (thrown) {
      begun.reject(asSandglassError(thrown));
      if (this.#up !== up) return;
      const { code, message } = asSandglassError(thrown);
      const retryAt = this.#tryLater(up);
      this.status.tell({ kind: 'failed', failure: { code, message }, retryAt });
    }
  }

  /** Gives when that is, in ms since 1970 by the machine's clock; it may be asked for before. */
  #tryLater(up: RunningNode): number {
    const { time } = this.#node;
    const delay = this.#delay;
    this.#delay = Math.min(2 * delay, longestDelay);
    const tryNow = () => {
      this.#stopWaiting();
      void this.#begin(up);
    };
    const cancel = time.schedule(delay, tryNow);
    this.#tryNow = tryNow;
    this.#stopWaiting = () => {
      cancel();
      this.#tryNow = undefined;
    };
    return time.wallTime() + delay;
  }

  #end(): void {
    this.#ending.abort(notRunning());
    this.#ending = new AbortController();
    this.#stopWaiting();
    this.#delay = firstDelay;
    void this.#running?.stop();
    this.#running = undefined;
    this.#begun = undefined;
    if (this.status.value.kind !== 'off') this.status.tell({ kind: 'off' });
  }
}

/** A page's first prompt need not wait for the code of what comes after it. */
async function prepareKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const { Kubernetes } = await loadKubernetes();
  return Kubernetes.prepare(options);
}

async function loadKubernetes(): Promise<typeof import('./kubernetes.ts')> {
  try {
    return await import('./kubernetes.ts');
  } catch (cause) {
    const message = 'The code of the cluster could not be fetched; the network may be down.';
    throw new SandglassError('unavailable', message, { cause });
  }
}

/** A status of a machine that has nothing from the one before. */
function beginsAnew(status: NodeStatus): boolean {
  switch (status.kind) {
    case 'off':
      return true;
    case 'loading':
      return !status.reset;
    case 'starting':
      return !status.reset && !status.lost;
    default:
      return false;
  }
}

function notRunning(): SandglassError {
  return new SandglassError('unavailable', 'The cluster is not running.');
}

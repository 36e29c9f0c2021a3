import { Emitter, type Unsubscribe } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import { SteppableClock } from '#base/steppable-clock.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import { Store, type StoreSnapshot } from '#apiserver/storage/store.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import { serveCommands } from '#cluster/kubernetes/node-commands.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { machinesInThreads } from '#host/machines-in-threads.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import type { VirtualMachines } from '#runtimes/ports.ts';
import { nextStatus, shell } from '../machine/node.ts';
import { KubeletRequests } from './kubelet-requests.ts';
import { until } from './until.ts';

const nodeName = 'node-1';

export function siteRegistry(): RegistryFiles {
  return new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory())));
}

function siteMachines(): VirtualMachines {
  return machinesInThreads(new GuestAssets(new DirectoryAssets(guestDirectory())));
}

export interface PlannedCrash {
  readonly happened: boolean;
  forget(): void;
}

export interface ClusterOptions {
  /** The images that can be pulled; without any, the site's. */
  registry?: RegistryFiles;
  /** Where pods get their machines from, unless it is as headless nodes do. */
  virtualMachines?: VirtualMachines;
}

/** A node with the whole Kubernetes of it, in this thread, of which a test can cut off every part. */
export class RestartableCluster {
  readonly node: LinuxNode;
  /** What the cluster has complained of, in all its lives. */
  readonly complaints: SandglassError[] = [];
  readonly kubeletRequests = new KubeletRequests();
  /** The trace of each life until it is cut off. */
  readonly records = new Emitter<TraceRecord>();
  readonly #registry: RegistryFiles;
  readonly #virtualMachines: VirtualMachines;
  #restarted: Promise<void> = Promise.resolve();
  #life: { kubernetes: Kubernetes; time: SteppableClock; over: boolean } | undefined;
  /** Milliseconds by which a test has put the cluster's clock forward: no life begins before what the last one wrote. */
  #skipped = 0;

  constructor(
    node: LinuxNode,
    { registry = siteRegistry(), virtualMachines = siteMachines() }: ClusterOptions = {},
  ) {
    this.node = node;
    this.#registry = registry;
    this.#virtualMachines = virtualMachines;
  }

  /** Resolves when no crash is under way: until then only what ended could be asked. */
  protected async restarted(): Promise<void> {
    for (let last: unknown; last !== this.#restarted;) {
      last = this.#restarted;
      await this.#restarted;
    }
  }

  get kubernetes(): Kubernetes {
    if (!this.#life) throw new Error('The cluster does not run.');
    return this.#life.kubernetes;
  }

  get client(): KubeClient {
    return this.kubernetes.clientFor('test');
  }

  shell(command: string): Promise<string> {
    return shell(this.node.running, command);
  }

  stop(): void {
    this.node.stop();
  }

  /** A life of the cluster over what is on the node, with the API's objects of the life before. */
  async begin(snapshot?: StoreSnapshot): Promise<void> {
    const time = new SteppableClock(this.node.time);
    time.stop();
    time.advance(this.#skipped);
    time.start();
    const kubernetes = await Kubernetes.prepare({
      agent: this.node.running.agent,
      registry: this.#registry,
      clock: time,
      nodeName,
      virtualMachines: this.#virtualMachines,
      onError: (error) => this.complaints.push(error),
      ...(snapshot && { store: new Store({ snapshot }) }),
    });
    const { api } = kubernetes;
    const { fetch } = api;
    api.fetch = this.kubeletRequests.fetchBy(fetch);
    const life = { kubernetes, time, over: false };
    this.#life = life;
    kubernetes.trace.listen((record) => {
      if (!life.over) this.records.emit(record);
    });
    const { agent } = this.node.running;
    const program = (name: string) => Promise.resolve(kubernetes.programs[name]);
    serveCommands(agent, program, kubernetes.signal).catch(() => undefined);
    kubernetes.run();
    await this.nodeIsReady();
  }

  /** It is not for a while after time has been passed over: the kubelet has not heard of the runtime in it. */
  async nodeIsReady(): Promise<void> {
    await until('the node to be Ready', async () => {
      const { items } = await this.client.list(resources.nodes);
      return items[0]?.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      );
    });
  }

  /**
   * Ends kubelet, CRI service and API server as a loss of their process does, in the middle of whatever they are at,
   * and begins anew. What ran on the node by itself runs on; what they had under way there is killed.
   */
  async crash(): Promise<void> {
    this.#cutOff();
    await this.#restarted;
  }

  /** The same as soon as the trace tells of that moment, before anybody learns of what it tells. */
  crashAt(isMoment: (record: TraceRecord) => boolean): PlannedCrash {
    const crash = { happened: false, forget: () => stop() };
    const stop = this.crashWhenever((record) => {
      crash.happened = isMoment(record);
      if (crash.happened) stop();
      return crash.happened;
    });
    return crash;
  }

  /** The same each time, in every life, until it is stopped. */
  crashWhenever(isMoment: (record: TraceRecord) => boolean): Unsubscribe {
    return this.records.listen((record) => {
      if (isMoment(record)) this.#cutOff();
    });
  }

  /** The same, with the agent's own process; `then` is done on the node while nobody is there. */
  async loseAgent(then = ':'): Promise<void> {
    const { pid } = this.node.running.agent;
    // In a session of its own it outlives the agent, whose child it is.
    const command = `kill -9 ${pid}; ${then}`;
    this.#cutOff(() => void this.shell(`setsid bash -c '${command}'`).catch(() => undefined));
    await this.#restarted;
  }

  /** Synchronous, up to the end of everything that the life could still do. */
  #cutOff(end: () => void = () => this.#disposeAgent()): void {
    const life = this.#life;
    if (!life) throw new Error('The cluster does not run.');
    const { kubernetes, time } = life;
    life.over = true;
    kubernetes.clock.stop();
    time.stop();
    const snapshot = kubernetes.api.store.snapshot();
    const agentAgain = nextStatus(this.node, 'running');
    this.#restarted = agentAgain.then(() => this.begin(snapshot));
    this.#restarted.catch(() => undefined);
    end();
  }

  #disposeAgent(): void {
    this.node.running.agent.dispose(new SandglassError('unavailable', 'Cut off by the test.'));
  }

  /** Lets the cluster's clock, but not the machine's, go forward at once. */
  skip(milliseconds: number): void {
    const { clock } = this.kubernetes;
    this.#skipped += milliseconds;
    clock.stop();
    clock.advance(milliseconds);
    clock.start();
  }

  /** Holds the machine while `meanwhile` goes on. */
  async pauseMachine(meanwhile: () => Promise<unknown>): Promise<void> {
    await this.node.pause('reader');
    await meanwhile();
    await this.node.resume();
  }

  /** The answers of a method of the CRI since the life began. */
  answersOf(method: string): unknown[] {
    return this.kubernetes.trace
      .history()
      .flatMap((record) =>
        record.kind === 'cri-return' && record.method === method && !record.error
          ? [record.response]
          : [],
      );
  }
}

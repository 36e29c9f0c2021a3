import { sleep, systemClock } from '#base/clock.ts';
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
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { ContainerStatus, Event, Pod, PodSpec } from '#kube/types.ts';
import { KubeletRequests } from './kubelet-requests.ts';
import { nextStatus, shell, startNode } from '../machine/node.ts';
import { type Inventory, compareInventories, takeInventory } from './inventory.ts';

export const nodeName = 'node-1';
export const namespace = 'default';
export const busybox = 'busybox:1.36';

/** Milliseconds between two looks at what a test waits for, and for which it does so at most. */
const lookEvery = 100;
const patience = 200_000;

/** What `look` gives once it gives something; fails with the last `state` when it takes too long. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  state: () => unknown = () => undefined,
): Promise<T> {
  const end = systemClock.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (systemClock.now() > end) {
      throw new Error(`Waited in vain for ${what}: ${JSON.stringify(state(), null, 1)}`);
    }
    await sleep(systemClock, lookEvery);
  }
}

export interface PlannedCrash {
  readonly happened: boolean;
  forget(): void;
}

/** A node with the whole Kubernetes of it, in this thread, of which a test can cut off every part. */
export class TestCluster {
  readonly node: LinuxNode;
  /** What the cluster has complained of, in all its lives. */
  readonly complaints: SandglassError[] = [];
  readonly kubeletRequests = new KubeletRequests();
  /** Until then only what ended can be asked. */
  #restarted: Promise<void> = Promise.resolve();
  #life: { kubernetes: Kubernetes; time: SteppableClock } | undefined;

  /** `script` changes the node before anything of the cluster is on it. */
  static async start(script?: string): Promise<TestCluster> {
    const cluster = new TestCluster(await startNode());
    if (script !== undefined) await cluster.shell(script);
    await cluster.begin();
    return cluster;
  }

  private constructor(node: LinuxNode) {
    this.node = node;
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
    const kubernetes = await Kubernetes.prepare({
      agent: this.node.running.agent,
      registry: new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory()))),
      clock: time,
      nodeName,
      onError: (error) => this.complaints.push(error),
      ...(snapshot && { store: new Store({ snapshot }) }),
    });
    const { api } = kubernetes;
    const { fetch } = api;
    api.fetch = this.kubeletRequests.fetchBy(fetch);
    this.#life = { kubernetes, time };
    const { agent } = this.node.running;
    const program = (name: string) => Promise.resolve(kubernetes.programs[name]);
    serveCommands(agent, program, kubernetes.signal).catch(() => undefined);
    kubernetes.run();
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
    const stop = this.kubernetes.trace.listen((record) => {
      if (crash.happened || !isMoment(record)) return;
      crash.happened = true;
      stop();
      this.#cutOff();
    });
    return crash;
  }

  /** The same, with the agent's own process. */
  async loseAgent(): Promise<void> {
    const { pid } = this.node.running.agent;
    this.#cutOff(() => void this.shell(`kill -9 ${pid}`).catch(() => undefined));
    await this.#restarted;
  }

  /** Synchronous, up to the end of everything that the life could still do. */
  #cutOff(end: () => void = () => this.#disposeAgent()): void {
    const { kubernetes, time } = this.#life ?? {};
    if (!kubernetes || !time) throw new Error('The cluster does not run.');
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

  // ---- Pods ----

  async createPod(name: string, spec: Partial<PodSpec> = {}): Promise<Pod> {
    return this.client.create<Pod>(resources.pods, {
      metadata: { name, namespace },
      spec: { containers: [container('main')], terminationGracePeriodSeconds: 5, ...spec },
    });
  }

  async pod(name: string): Promise<Pod | undefined> {
    await this.#restarted;
    try {
      return await this.client.get(resources.pods, { namespace, name });
    } catch (error) {
      if (error instanceof SandglassError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  /** Once it is as wanted. */
  async podWhen(name: string, what: string, wanted: (pod: Pod) => boolean): Promise<Pod> {
    let last: Pod | undefined;
    return until(
      `pod ${name} to be ${what}`,
      async () => {
        last = await this.pod(name);
        return last && wanted(last) ? last : undefined;
      },
      () => ({ status: last?.status, complaints: this.complaints.slice(-5).map(String) }),
    );
  }

  ready(name: string): Promise<Pod> {
    return this.podWhen(name, 'ready', isReady);
  }

  /** Resolves when the API has forgotten it. */
  async deletePod(name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.#restarted;
    await this.client.delete(
      resources.pods,
      { namespace, name },
      gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
    );
    await this.gone(name);
  }

  async gone(name: string): Promise<void> {
    let last: Pod | undefined;
    await until(
      `pod ${name} to be gone`,
      async () => {
        last = await this.pod(name);
        return last === undefined;
      },
      () => ({ status: last?.status, complaints: this.complaints.slice(-5).map(String) }),
    );
  }

  async eventsOf(name: string): Promise<Event[]> {
    await this.#restarted;
    const { items } = await this.client.list(resources.events, {
      namespace,
      fieldSelector: `involvedObject.name=${name}`,
    });
    return items;
  }

  /** Resolves when an event has come so often. */
  async eventsCome(name: string, reason: string, count: number): Promise<void> {
    await until(`${count} events ${reason} of ${name}`, async () => {
      const events = (await this.eventsOf(name)).filter((event) => event.reason === reason);
      return events.reduce((sum, event) => sum + (event.count ?? 1), 0) >= count;
    });
  }

  /** The message of the pod's first event with that reason. */
  event(name: string, reason: string): Promise<string> {
    let last: Event[] = [];
    return until(
      `event ${reason} of ${name}`,
      async () => {
        last = await this.eventsOf(name);
        return last.find((event) => event.reason === reason)?.message;
      },
      () => last.map((event) => [event.reason, event.message]),
    );
  }

  // ---- Processes ----

  /** The first process of a container that runs, by its number on the node. */
  async pidOf(podName: string, containerName: string): Promise<number> {
    const containerId = containerIdOf(await this.pod(podName), containerName);
    const { info } = await this.kubernetes.criClients.runtime.containerStatus({
      containerId,
      verbose: true,
    });
    return (JSON.parse(info['info'] ?? '') as { pid: number }).pid;
  }

  /** The sandbox of a pod that is ready. */
  async sandboxOf(podName: string): Promise<{ id: string; pid: number }> {
    const { runtime } = this.kubernetes.criClients;
    const { items } = await runtime.listPodSandbox({});
    const id = items.find(({ metadata, state }) => metadata?.name === podName && state === 0)?.id;
    if (id === undefined) throw new Error(`${podName} has no sandbox that is ready.`);
    const { info } = await runtime.podSandboxStatus({ podSandboxId: id, verbose: true });
    return { id, pid: (JSON.parse(info['info'] ?? '') as { pid: number }).pid };
  }

  // ---- What is on the node ----

  /** Taken anew if a crash cuts it off. */
  async inventory(): Promise<Inventory> {
    await this.#restarted;
    const life = this.#life;
    try {
      return await takeInventory(this.node.running);
    } catch (error) {
      await this.#restarted;
      if (this.#life === life) throw error;
      return this.inventory();
    }
  }

  /** What is on the node after a first pod has come and gone: the bridge, the images and the like stay. */
  async afterFirstPod(spec: Partial<PodSpec> = {}): Promise<Inventory> {
    await this.createPod('first', spec);
    await this.ready('first');
    await this.deletePod('first');
    let before = await this.inventory();
    await until(
      'the first pod to have gone',
      async () => {
        this.skip(61_000);
        before = await this.inventory();
        return !before.some((line) => /^(record|runtime|overlay) .*[0-9a-f]{64}/.test(line));
      },
      () => before,
    );
    return before;
  }

  /** Resolves when the node is as it was; what the kubelet collects now and then it collects at once. */
  async nothingLeft(before: Inventory): Promise<void> {
    let change = compareInventories([], []);
    let looks = 0;
    await until(
      'the node to be as it was before',
      async () => {
        if (looks++ % 5 === 4) this.skip(61_000);
        change = compareInventories(before, await this.inventory());
        return change.more.length === 0 && change.less.length === 0;
      },
      () => ({ ...change, complaints: this.complaints.slice(-5).map(String) }),
    );
  }
}

/** A container that ends as soon as it is asked to. */
export function container(
  name: string,
  script = 'trap "exit 0" TERM; echo up; sleep 3600 & wait',
): PodSpec['containers'][number] {
  return { name, image: busybox, command: ['sh', '-c', script] };
}

export function isReady({ status }: Pod): boolean {
  return (
    status?.phase === 'Running' &&
    (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
  );
}

export function containerStatusOf(pod: Pod | undefined, name: string): ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find((status) => status.name === name);
}

export function containerIdOf(pod: Pod | undefined, name: string): string {
  const id = containerStatusOf(pod, name)?.containerID;
  if (id === undefined) throw new Error(`Container ${name} has no id.`);
  return id.slice(id.indexOf('://') + 3);
}

import { SandglassError } from '#base/errors.ts';
import { resources } from '#kube/resources.ts';
import type { Event, Pod, PodSpec } from '#kube/types.ts';
import { startNode } from '../machine/node.ts';
import { type Inventory, compareInventories, takeInventory } from './inventory.ts';
import { container, containerIdOf, isReady, namespace } from './pods.ts';
import { type ClusterOptions, RestartableCluster } from './restartable-cluster.ts';
import { until } from './until.ts';

/** A cluster, with what tests do to its pods and ask of its node. */
export class TestCluster extends RestartableCluster {
  /** Of the last pod of each name. */
  readonly #uids = new Map<string, string | undefined>();

  /** `script` changes the node before anything of the cluster is on it. */
  static async start(script?: string, options?: ClusterOptions): Promise<TestCluster> {
    const cluster = new TestCluster(await startNode(), options);
    if (script !== undefined) await cluster.shell(script);
    await cluster.begin();
    return cluster;
  }

  // ---- Pods ----

  async createPod(name: string, spec: Partial<PodSpec> = {}): Promise<void> {
    const { metadata } = await this.client.create<Pod>(resources.pods, {
      metadata: { name, namespace },
      spec: { containers: [container('main')], terminationGracePeriodSeconds: 5, ...spec },
    });
    this.#uids.set(name, metadata?.uid);
  }

  async pod(name: string): Promise<Pod | undefined> {
    await this.restarted();
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
    await this.restarted();
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

  /** Of the last pod with that name: events outlive their pods. */
  async eventsOf(name: string): Promise<Event[]> {
    await this.restarted();
    const { items } = await this.client.list(resources.events, {
      namespace,
      fieldSelector: `involvedObject.uid=${this.#uids.get(name) ?? ''}`,
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

  /**
   * Why the image of the pod's one container cannot be pulled, once its pull has been put off: as events and status
   * tell, and they agree.
   */
  async pullFailure(name: string, image: string): Promise<string> {
    const start = `Failed to pull image "${image}": `;
    const message = await this.event(name, 'Failed');
    if (!message.startsWith(start)) throw new Error(`Not of a pull: ${message}`);
    const why = message.slice(start.length);
    await this.event(name, 'BackOff');
    await this.podWhen(name, 'waiting for its image', ({ status }) => {
      const waiting = status?.containerStatuses?.[0]?.state?.waiting;
      return (
        status?.phase === 'Pending' &&
        waiting?.reason === 'ImagePullBackOff' &&
        waiting.message === `Back-off pulling image "${image}": ErrImagePull: ${why}`
      );
    });
    const told = (await this.eventsOf(name)).map(({ message }) => message);
    for (const each of [
      'Error: ErrImagePull',
      `Back-off pulling image "${image}"`,
      'Error: ImagePullBackOff',
    ]) {
      if (!told.includes(each)) throw new Error(`No event "${each}": ${told.join('; ')}`);
    }
    return why;
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
    await this.restarted();
    const life = this.kubernetes;
    try {
      return await takeInventory(this.node.running);
    } catch (error) {
      await this.restarted();
      if (this.kubernetes === life) throw error;
      return this.inventory();
    }
  }

  /** What is on the node after a first pod has come and gone: the bridge, the images and the like stay. */
  async afterFirstPod(spec: Partial<PodSpec> = {}): Promise<Inventory> {
    await this.createPod('first', spec);
    await this.ready('first');
    await this.deletePod('first');
    await this.#collected();
    return this.inventory();
  }

  /** Resolves when the CRI has no sandbox and no container; the garbage collector's minute is passed over. */
  async #collected(): Promise<void> {
    let left: unknown;
    let looks = 0;
    await until(
      'the garbage collector',
      async () => {
        await this.restarted();
        const { runtime } = this.kubernetes.criClients;
        const { items } = await runtime.listPodSandbox({});
        const { containers } = await runtime.listContainers({});
        left = [...items, ...containers].map(({ id }) => id);
        if (items.length + containers.length === 0) return true;
        if (looks++ % 10 === 0) this.skip(61_000);
        return false;
      },
      () => left,
    );
  }

  /** Resolves when the node is as it was before there were pods. */
  async nothingLeft(before: Inventory): Promise<void> {
    await this.#collected();
    await this.asBefore(before);
  }

  /** Resolves when the node is as it was; what the kubelet collects now and then it collects at once. */
  async asBefore(before: Inventory): Promise<void> {
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

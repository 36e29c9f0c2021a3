import { ManualClock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import { SteppableClock } from '#base/steppable-clock.ts';
import { Stepper } from '#base/stepper.ts';
import { TraceBus } from '#base/trace.ts';
import { applyDefaults } from '#kube/defaults/defaults.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { ContainerStatus, Pod, PodSpec } from '#kube/types.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import { Kubelet } from '#kubelet/kubelet.ts';
import { FakeApi } from './fake-api.ts';
import { FakeCri } from './fake-cri.ts';
import { FakeNode } from './fake-node.ts';
import { advance, settle } from './settle.ts';

/** 2026-01-01T00:00:00Z */
export const epoch = 1_767_225_600_000;

/** A whole kubelet on a runtime, a node and an API in memory, its time in the test's hands. */
export class KubeletRig {
  readonly manual = new ManualClock(epoch);
  readonly clock = new SteppableClock(this.manual);
  readonly trace = new TraceBus(this.clock);
  readonly stepper = new Stepper(this.clock);
  readonly cri = new FakeCri(this.clock);
  readonly api = new FakeApi();
  readonly node = new FakeNode();
  readonly errors: SandglassError[] = [];
  kubelet: Kubelet;
  readonly #configuration: Partial<KubeletConfiguration>;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #created = 0;

  readonly #client: KubeClient;

  /** With the API in memory, unless a client of another is given. */
  constructor(configuration: Partial<KubeletConfiguration> = {}, client?: KubeClient) {
    this.#client = client ?? this.api.client;
    this.#configuration = { clusterDNS: ['10.96.0.10'], ...configuration };
    this.cri.images.set('busybox:1.36', { size: 1000n });
    this.kubelet = this.#make();
  }

  async start(): Promise<void> {
    this.#running = this.kubelet.run(this.#stop.signal);
    await settle();
    // Past the first rest of a loop that waits for PLEG.
    await this.advance(200);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Another kubelet on the same node, as after a crash. */
  async restart(): Promise<void> {
    await this.stop();
    this.#stop = new AbortController();
    this.kubelet = this.#make();
    await this.start();
  }

  advance(milliseconds: number): Promise<void> {
    return advance(this.manual, milliseconds);
  }

  settle(): Promise<void> {
    return settle();
  }

  /** A pod that the scheduler has put on the node. */
  createPod(spec: Partial<PodSpec> = {}, name = 'web'): Pod {
    const pod: Pod = applyDefaults({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        uid: `pod-uid-${++this.#created}`,
      },
      spec: {
        containers: [{ name: 'main', image: 'busybox:1.36' }],
        ...spec,
        nodeName: 'node-1',
      },
      status: { phase: 'Pending' },
    });
    return this.api.put(resources.pods, pod);
  }

  pod(name = 'web'): Pod | undefined {
    return this.api.get(resources.pods, name, 'default');
  }

  status(container = 'main', pod = 'web'): ContainerStatus | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.pod(pod)?.status ?? {};
    return [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container);
  }

  condition(type: string, pod = 'web'): string | undefined {
    return this.pod(pod)?.status?.conditions?.find((condition) => condition.type === type)?.status;
  }

  deletePod(name = 'web', graceSeconds?: number): void {
    this.api.deletePod(resources.pods, name, 'default', graceSeconds);
  }

  /** Type, reason, message and count of each event about pods. */
  events(): string[] {
    return this.api
      .list(resources.events)
      .filter(({ involvedObject }) => involvedObject.kind === 'Pod')
      .map(
        ({ type, reason, message, count = 1 }) =>
          `${type} ${reason} ${message}${count > 1 ? ` (x${count})` : ''}`,
      );
  }

  #make(): Kubelet {
    return new Kubelet({
      nodeName: 'node-1',
      cri: this.cri.clients,
      api: this.#client,
      node: this.node,
      streaming: {
        fetch: () => Promise.resolve(new Response(null, { status: 404 })),
        upgrade: ({ url }) => Promise.resolve(new Response(`upgraded ${url.href}`)),
      },
      clock: this.clock,
      trace: this.trace,
      stepper: this.stepper,
      configuration: this.#configuration,
      random: () => 0.5,
      onError: (error) => this.errors.push(error),
    });
  }
}

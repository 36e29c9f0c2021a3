import { SandglassError, asSandglassError } from '#base/errors.ts';
import { Gate } from '#base/gate.ts';
import { SteppableClock } from '#base/steppable-clock.ts';
import { Stepper } from '#base/stepper.ts';
import { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { type ApiServer, createApiServer } from '#apiserver/api-server.ts';
import { createCrictl } from '#cli/crictl/crictl.ts';
import { createKubectl } from '#cli/kubectl/kubectl.ts';
import type { Program } from '#cli/ports.ts';
import { NodeLifecycle } from '#controllers/node-lifecycle.ts';
import { TaintEviction } from '#controllers/taint-eviction.ts';
import { type Cri, createCri } from '#cri/cri.ts';
import { defaultSandboxImage } from '#cri/context.ts';
import { imageCalls } from '#cri/image-service.ts';
import { LocalImages } from '#cri/local-images.ts';
import { AgentDisk } from '#cri/node-disk.ts';
import { withWireErrors } from '#cri/wire-errors.ts';
import type { RunningMachines } from '#cluster/virtual-machines/running-machines.ts';
import { ImageService } from '#kube/cri/api_pb.ts';
import { KubeClient } from '#kube/client/client.ts';
import type { CriClients } from '#kube/cri/client.ts';
import { resources } from '#kube/resources.ts';
import type { FetchHandler } from '#kube/streaming/upgrade.ts';
import type { KubeletConfiguration } from '#kubelet/configuration.ts';
import { Kubelet } from '#kubelet/kubelet.ts';
import { ImageStore } from '#oci/image-store.ts';
import { Scheduler } from '#scheduler/scheduler.ts';
import { type CriService, criClientsOf } from './cri-client.ts';
import { criSocket } from './cri-socket.ts';
import { keepRunning } from './keep-running.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';
import { kubeletNode } from './kubelet-node.ts';
import { nodeAddress, prepareNetwork } from './node-network.ts';
import { nodeRuntimes, readersRuntime } from './node-runtimes.ts';
import { runKubelet } from './run-kubelet.ts';
import { keepRuntimeClasses } from './runtime-classes.ts';
import { serveMachines } from './serve-machines.ts';
import { observeCri } from './observe-cri.ts';
import { observeStreams } from './observe-streams.ts';
import { streamProtocols } from './stream-protocols.ts';
import { traceProcesses } from './trace-processes.ts';

/** Milliseconds that a first command waits for the node's registration. */
const registrationTime = 10_000;

/** Milliseconds for an answer of the API server, after its own limit (kube-apiserver --request-timeout). */
const requestTime = 60_000;

interface KubernetesParts {
  clock: SteppableClock;
  trace: TraceBus;
  cri: Cri;
  images: ImageStore;
  /** What each virtual machine belongs to, by its sandbox. */
  machineLinks: ReadonlyMap<string, TraceLinks>;
}

/** A small Kubernetes on one node: API server, scheduler, kubelet and CRI shim, in this thread. */
export class Kubernetes {
  readonly clock: SteppableClock;
  readonly trace: TraceBus;
  readonly stepper: Stepper;
  /** CRI calls and API writes pass here; what the stepper holds has not come in. */
  readonly gate = new Gate();
  readonly api: ApiServer;
  readonly cri: Cri;
  readonly images: ImageStore;
  /** The CRI for whoever calls it: held and told of. */
  readonly criService: CriService;
  /** The same as the kubelet calls it. */
  readonly criClients: CriClients;
  /** The virtual machines that pods have. */
  readonly machines: RunningMachines;
  /** What is typed on the node and answered here, by name. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly #options: KubernetesOptions;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  #kubelet: Kubelet | undefined;
  #isRegistered = false;

  /** Takes up what an earlier life left on the node; nothing runs yet. */
  static async prepare(options: KubernetesOptions): Promise<Kubernetes> {
    const clock = new SteppableClock(options.clock);
    const trace = new TraceBus(clock);
    const { agent, registry, faults } = options;
    await prepareNetwork(agent);
    let cri: Cri | undefined = undefined;
    const images = await ImageStore.open({
      disk: new AgentDisk(agent),
      files: faults?.slow(registry) ?? registry,
      pinned: [defaultSandboxImage],
      layersInUse: () => cri?.layersInUse() ?? [],
    });
    const machineLinks = new Map<string, TraceLinks>();
    const streamingUrl = options.streamingUrl?.();
    cri = await createCri({
      agent,
      clock,
      trace,
      images: new LocalImages(images),
      protocols: streamProtocols(options.clock),
      // The machine runs on while the cluster's clock is stopped, and what runs on it ends.
      runtimes: nodeRuntimes(
        { agent, clock: options.clock, trace, deadlines: clock },
        options.virtualMachines && machineLinks,
      ),
      scripted: readersRuntime(agent, options.clock, trace),
      ...(streamingUrl && { streamingUrl }),
    });
    const { fetch, upgrade } = cri.streaming;
    const streaming = { fetch, upgrade: observeStreams(upgrade, trace) };
    const parts = { clock, trace, cri: { ...cri, streaming }, images, machineLinks };
    return new Kubernetes(options, parts);
  }

  private constructor(
    options: KubernetesOptions,
    { clock, trace, cri, images, machineLinks }: KubernetesParts,
  ) {
    const { faults, nodeName, store } = options;
    this.#options = options;
    this.clock = clock;
    this.trace = trace;
    this.stepper = new Stepper(clock);
    this.cri = cri;
    this.images = images;
    this.criService = {
      routes: (router) => {
        cri.routes(router);
        router.service(ImageService, withWireErrors(imageCalls(images, clock)));
      },
      interceptors: [
        observeCri({ stopwatch: options.clock, trace, stepper: this.stepper, gate: this.gate }),
        // A refused call was made, and is told of.
        ...(faults ? [faults.refuseCalls] : []),
      ],
    };
    this.criClients = criClientsOf(this.criService);
    const api = createApiServer({
      clock,
      trace,
      kubelet: (name) => (name === nodeName ? this.#kubelet?.server : undefined),
      ...(store && { store }),
    });
    this.api = { ...api, fetch: gatedWrites(this.gate, api.fetch) };
    const { machines, programs } = serveMachines({
      agent: options.agent,
      virtualMachines: options.virtualMachines,
      observers: { stopwatch: options.clock, trace, stepper: this.stepper },
      links: machineLinks,
    });
    this.machines = machines;
    this.programs = {
      ...programs,
      kubectl: createKubectl({ api: this.api, clock }),
      crictl: createCrictl({
        cri: this.criClients,
        endpoint: `unix://${criSocket}`,
        streaming: cri.streaming.upgrade,
        clock,
        nodeClock: options.clock,
      }),
    };
  }

  /** Sets everything going. */
  run(): void {
    const { agent, kubelet } = this.#options;
    this.#keep('The record of processes', (signal) => traceProcesses(agent, this.trace, signal));
    if (this.#options.virtualMachines) {
      const api = this.clientFor('kata-deploy');
      this.#keep('The installer of RuntimeClasses', (signal) => keepRuntimeClasses(api, signal));
    }
    if (kubelet === false) return;
    this.#keep('The scheduler', (signal) => this.#newScheduler().run(signal));
    this.#keep('The node lifecycle controller', (signal) => this.#newNodeLifecycle().run(signal));
    this.#keep('The taint eviction controller', (signal) => this.#newTaintEviction().run(signal));
    this.#keep('The kubelet', (signal) => this.#runKubelet(signal));
  }

  #newScheduler(): Scheduler {
    const { clock, trace } = this;
    const onError = this.#complaining('The scheduler failed and tries again');
    return new Scheduler({ api: this.clientFor('kube-scheduler'), clock, trace, onError });
  }

  #newNodeLifecycle(): NodeLifecycle {
    return new NodeLifecycle({
      api: this.clientFor('kube-controller-manager'),
      clock: this.clock,
      onError: this.#complaining('The node lifecycle controller failed and tries again'),
    });
  }

  #newTaintEviction(): TaintEviction {
    return new TaintEviction({
      api: this.clientFor('kube-controller-manager'),
      clock: this.clock,
      onError: this.#complaining('The taint eviction controller failed and tries again'),
    });
  }

  #runKubelet(signal: AbortSignal): Promise<void> {
    const { agent, clock: readersClock, nodeName, onError } = this.#options;
    const { clock, trace, stepper } = this;
    const node = kubeletNode({ agent, clock: readersClock, address: nodeAddress });
    const make = (configuration: Partial<KubeletConfiguration>) =>
      (this.#kubelet = new Kubelet({
        nodeName,
        cri: this.criClients,
        api: this.clientFor('kubelet'),
        node,
        streaming: this.cri.streaming,
        clock,
        trace,
        stepper,
        configuration,
        onError,
      }));
    return runKubelet({ node, make, signal });
  }

  /**
   * Resolves when the kubelet has registered its node, which is a moment after its first breath; after ten seconds
   * without, who asks is to see how it stands.
   */
  async nodeRegistered(signal: AbortSignal): Promise<void> {
    if (this.#options.kubelet === false || this.#isRegistered) return;
    const enough = new AbortController();
    const cancelTimer = this.#options.clock.schedule(registrationTime, () => enough.abort());
    const over = AbortSignal.any([signal, enough.signal, this.signal]);
    try {
      const nodes = this.clientFor('node-watch').watch(resources.nodes, { signal: over });
      for await (const { type } of nodes) {
        this.#isRegistered ||= type === 'ADDED';
        if (this.#isRegistered) return;
      }
    } catch (error) {
      if (!enough.signal.aborted) throw error;
    } finally {
      cancelTimer();
      enough.abort();
    }
  }

  /** Fires when the cluster is stopped. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** A client of its API; the name stands in the trace. */
  readonly clientFor = (userAgent: string): KubeClient =>
    new KubeClient({
      fetch: this.api.fetch,
      userAgent,
      deadline: { clock: this.clock, milliseconds: requestTime },
    });

  /** Ends everything; pods on the node live on, as they do when a kubelet is stopped. */
  async stop(): Promise<void> {
    this.#ending.abort(new SandglassError('cancelled', 'The cluster was stopped.'));
    this.stepper.runOn();
    this.clock.start();
    this.api.close();
    await Promise.all(this.#running);
    this.cri.close();
  }

  #keep(what: string, run: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#ending;
    const { onError } = this.#options;
    this.#running.push(keepRunning(what, run, { clock: this.clock, signal, onError }));
  }

  #complaining(what: string): (thrown: unknown) => void {
    return (thrown) => {
      const { code, message } = asSandglassError(thrown);
      this.#options.onError(new SandglassError(code, `${what}: ${message}`, { cause: thrown }));
    };
  }
}

/** A write that comes while the gate is shut waits; what reads goes on. */
function gatedWrites(gate: Gate, fetch: FetchHandler): FetchHandler {
  return (request) => {
    const { method, signal, url } = request;
    if (method === 'GET' || method === 'HEAD') return fetch(request);
    return gate.pass(`${method} ${new URL(url).pathname}`, () => fetch(request), signal);
  };
}

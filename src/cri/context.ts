import { type Clock, wallNanoseconds } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { CniNetwork } from '#cni/network.ts';
import { NetworkConfigurationReader } from '#cni/network-list.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { PodSandboxConfig } from '#kube/cri/api_pb.ts';
import type { TaskRuntime } from '#runtimes/task.ts';
import { Accounts } from './accounts.ts';
import type { ContainerEvents } from './container-events.ts';
import { type ContainerRecord, containerFormat } from './container-record.ts';
import type { ImageStore } from './ports.ts';
import { RecordStore } from './record-store.ts';
import { type SandboxRecord, sandboxFormat } from './sandbox-record.ts';
import type { ScriptedProgram } from './scripted/scripted-program.ts';
import { CpuRates } from './stats/cpu-rate.ts';
import type { StreamProtocols } from './streaming/ports.ts';

/** Of the pause container, unless told otherwise. */
export const defaultSandboxImage = 'registry.k8s.io/pause:3.10';

export interface CriOptions {
  agent: AgentClient;
  images: ImageStore;
  /** By handler; the empty name is the default's. */
  runtimes: ReadonlyMap<string, TaskRuntime>;
  clock: Clock;
  trace: TraceBus;
  /** Of the pause container. */
  sandboxImage?: string;
  /** What clients of the streaming handler speak. */
  protocols: StreamProtocols;
  /** A runtime of the reader's own, in place of this one's code for the pods of its handler. */
  scripted?: ScriptedProgram;
  /** Where the streaming handler is reached, such as http://127.0.0.1:10010/. */
  streamingUrl?: URL;
}

/** What the calls of the RuntimeService have in common. */
export class CriContext {
  readonly agent: AgentClient;
  readonly images: ImageStore;
  readonly runtimes: ReadonlyMap<string, TaskRuntime>;
  readonly clock: Clock;
  readonly trace: TraceBus;
  readonly sandboxImage: string;
  readonly accounts: Accounts;
  readonly sandboxes: RecordStore<SandboxRecord>;
  readonly containers: RecordStore<ContainerRecord>;
  readonly events: ContainerEvents;
  readonly cpuRates = new CpuRates();
  /** Of the last configuration that was whole. */
  #network: CniNetwork | undefined;
  readonly #networkConfiguration: NetworkConfigurationReader;

  constructor(options: CriOptions, events: ContainerEvents) {
    this.agent = options.agent;
    this.images = options.images;
    this.runtimes = options.runtimes;
    this.clock = options.clock;
    this.trace = options.trace;
    this.sandboxImage = options.sandboxImage ?? defaultSandboxImage;
    this.#networkConfiguration = new NetworkConfigurationReader(options.agent);
    this.accounts = new Accounts(options.agent);
    this.sandboxes = new RecordStore(options.agent, sandboxFormat);
    this.containers = new RecordStore(options.agent, containerFormat);
    this.events = events;
  }

  /** Nanoseconds since 1970 by the cluster's clock. */
  now(): bigint {
    return wallNanoseconds(this.clock);
  }

  runtime(handler: string, attempt = ''): TaskRuntime {
    const runtime = this.runtimes.get(handler);
    if (runtime) return runtime;
    throw new SandglassError('unknown', `${attempt}no runtime for "${handler}" is configured`);
  }

  /** The node's network by its configuration as it is now, or why there is none. */
  async network(): Promise<
    { network: CniNetwork; problem?: never } | { problem: string; network?: never }
  > {
    const { list, problem } = await this.#networkConfiguration.current();
    if (!list) return { problem };
    if (this.#network) this.#network.configure(list);
    else this.#network = new CniNetwork(list, this);
    return { network: this.#network };
  }

  /** To leave what has been joined: that does not wait for a configuration to be mended. */
  async networkToLeave(): Promise<CniNetwork | undefined> {
    if (!this.#network) await this.network();
    return this.#network;
  }

  containersOf(sandboxId: string): ContainerRecord[] {
    return this.containers.list().filter((container) => container.sandboxId === sandboxId);
  }
}

/** 64 hexadecimal digits, as runtimes' ids usually are. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Of a container whose sandbox may have gone. */
export function containerLinks(
  context: CriContext,
  { id, sandboxId }: Pick<ContainerRecord, 'id' | 'sandboxId'>,
): TraceLinks {
  const sandbox = context.sandboxes.find(sandboxId);
  return { ...(sandbox ? linksOf(sandbox.config, sandboxId) : { sandboxId }), containerId: id };
}

export function linksOf(config: PodSandboxConfig, sandboxId: string): TraceLinks {
  const { name = '', namespace = '', uid = '' } = config.metadata ?? {};
  return { pod: { name, namespace, uid }, sandboxId };
}

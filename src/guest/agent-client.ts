import type { Clock } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import { GuestFiles } from './files.ts';
import { type HostcallHandler, type HostcallService, Hostcalls } from './hostcalls.ts';
import { Link, type LinkOptions } from './link.ts';
import { PayloadWriter } from './payload.ts';
import type { ByteChannel } from './ports.ts';
import { type GuestProcess, type ProcessSpec, spawnProcess } from './process.ts';
import { type ProcessEvents, subscribeToProcesses } from './process-events.ts';
import { kind } from './protocol.ts';
import { type RunOptions, type RunResult, runProcess } from './run.ts';
import {
  type AcceptedConnection,
  type Connection,
  type GuestAddress,
  type ListenOptions,
  type Listener,
  Listeners,
  connectTo,
} from './sockets.ts';
import { GuestSystem } from './system.ts';

export interface ConnectOptions extends Partial<LinkOptions> {
  signal?: AbortSignal;
}

const defaults: LinkOptions = {
  deadline: 10_000,
  requestDeadline: 60_000,
  window: 256 << 10,
};

/** The node agent, from outside the machine: one session with it, over one port. */
export class AgentClient {
  /** The agent's own process in the guest. */
  readonly pid: number;
  readonly files: GuestFiles;
  readonly system: GuestSystem;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #listeners: Listeners;
  readonly #hostcalls: Hostcalls;
  /** Processes whose start has not been answered. */
  readonly #starting = new Set<Promise<GuestProcess>>();

  private constructor(link: Link, clock: Clock, pid: number) {
    this.#link = link;
    this.#clock = clock;
    this.pid = pid;
    this.files = new GuestFiles(link);
    this.system = new GuestSystem(link);
    this.#listeners = new Listeners(link);
    this.#hostcalls = new Hostcalls(link);
  }

  /** Greets the agent, which ends whatever an earlier host left open in it. */
  static async connect(
    channel: ByteChannel,
    clock: Clock,
    { signal, ...options }: ConnectOptions = {},
  ): Promise<AgentClient> {
    const link = new Link(channel, clock, { ...defaults, ...options });
    const { pid } = await link.greet(signal);
    return new AgentClient(link, clock, pid);
  }

  /** Told once when the session is over, however it came; every open wait has then been ended. */
  get closed(): Emitter<SandglassError> {
    return this.#link.closed;
  }

  /** Ends the session from this side. */
  dispose(error = new SandglassError('unavailable', 'The machine has been left.')): void {
    this.#link.fail(error);
  }

  /** The time to the agent and back, in ms of the clock. */
  async ping(signal?: AbortSignal): Promise<number> {
    const start = this.#clock.now();
    await this.#link.request(kind.ping, new PayloadWriter(), {
      attempt: 'Cannot reach the node agent',
      signal,
    });
    return this.#clock.now() - start;
  }

  /** Starts a process. If the signal fires, then or later, it is killed with its process group. */
  spawn(spec: ProcessSpec, signal?: AbortSignal): Promise<GuestProcess> {
    const started = spawnProcess(this.#link, spec, signal);
    this.#starting.add(started);
    const answered = () => this.#starting.delete(started);
    started.then(answered, answered);
    return started;
  }

  /**
   * Resolves when every start that is under way has been answered, and its caller told. The kernel's events
   * of a process (`processEvents`) may come before its start is answered.
   */
  async processesStarted(): Promise<void> {
    await Promise.allSettled(this.#starting);
  }

  /** Starts a process, feeds it, and waits for its end and all that it wrote. */
  run(spec: ProcessSpec, options?: RunOptions): Promise<RunResult> {
    return runProcess((whole, signal) => this.spawn(whole, signal), spec, options);
  }

  /** Connects to a socket in the guest. If the signal fires, then or later, the connection is closed. */
  connect(address: GuestAddress, signal?: AbortSignal): Promise<Connection> {
    return connectTo(this.#link, address, signal);
  }

  /** Listens in the guest; each connection goes to `onConnection`, which owns it. */
  listen(
    address: GuestAddress,
    onConnection: (connection: AcceptedConnection) => void,
    options?: ListenOptions,
  ): Promise<Listener> {
    return this.#listeners.listen(address, onConnection, options);
  }

  /** Serves the node's commands that run out here. */
  serveHostcalls(handler: HostcallHandler, signal?: AbortSignal): Promise<HostcallService> {
    return this.#hostcalls.serve(handler, signal);
  }

  /** Watches every process of the node. */
  processEvents(signal?: AbortSignal): Promise<ProcessEvents> {
    return subscribeToProcesses(this.#link, signal);
  }
}

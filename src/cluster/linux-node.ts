import type { Clock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { Deferred } from '#base/deferred.ts';
import type { Failure, NodeStatus, StartSource } from '#rpc/contracts.ts';
import type { MachineEvent } from '#vm/events.ts';
import { emulatorVersion } from '#vm/known-emulator.ts';
import type { Machine } from '#vm/machine.ts';
import { nodeProfile } from '#vm/profiles.ts';
import type { GuestAssets } from './guest-assets.ts';
import { type NodeParts, greetAgent } from './bring-up.ts';
import type { Build } from './build.ts';
import { endOf, lostAgent, noticeOf, resetItself } from './node-ends.ts';
import type { EmulatorSource, LoadSource } from './node-images.ts';
import { type NodeStart, type StartProgress, loadAndBringUp } from './node-start.ts';
import { NodeState } from './node-state.ts';
import { ResetGuard } from './reset-guard.ts';
import type { RunningNode, SavedNode } from './running-node.ts';
import { Takeover } from './takeover.ts';

/** Milliseconds for a new agent to answer after the old one has died. */
const agentRestart = 15_000;

export interface LinuxNodeOptions {
  assets: GuestAssets;
  emulator: EmulatorSource;
  clock: Clock;
  hostname: string;
}

/** The node's machine from loading to its end, restarted as often as wanted; one machine at a time. */
export class LinuxNode {
  /** What went wrong without ending the machine, in sentences for the reader. */
  readonly notices = new Emitter<Failure>();
  readonly #options: LinuxNodeOptions;
  readonly #state: NodeState;
  #machine: Machine | undefined;
  /** Settles with the machine of the last start, before its first instruction. */
  #made = switchedOff();
  #running: RunningNode | undefined;
  #attempt = new AbortController();
  /** Of the last start: a machine that the guest resets keeps it. */
  #memoryBytes = nodeProfile.memoryBytes;
  readonly #resets = new ResetGuard();

  constructor(options: LinuxNodeOptions) {
    this.#options = options;
    this.#state = new NodeState(options.clock);
  }

  get status(): NodeStatus {
    return this.#state.status;
  }

  get changes(): Emitter<NodeStatus> {
    return this.#state.changes;
  }

  /** Of what waits for the machine or lives on it: suspended with it. */
  get time(): Clock {
    return this.#state.time;
  }

  /** The machine whose console can be shown, from power-on. */
  get machine(): Machine {
    if (!this.#machine) throw new SandglassError('unavailable', 'The machine is not switched on.');
    return this.#machine;
  }

  /** The machine as soon as there is one: a start that is under way has first to put it together. */
  machineToCome(): Promise<Machine> {
    return this.#made.promise;
  }

  /** Throws `unavailable` unless the agent has answered and the machine lives. */
  get running(): RunningNode {
    if (!this.#running) throw new SandglassError('unavailable', 'The machine is not running.');
    return this.#running;
  }

  /** Loads and starts in place of the machine before. Rejects with what failed, which is also the status. */
  async start(source: StartSource, memoryBytes = nodeProfile.memoryBytes): Promise<void> {
    this.stop();
    this.#memoryBytes = memoryBytes;
    await this.#begin(source);
  }

  /** `reset` is why, if it is not for the reader's wish. */
  async #begin(source: StartSource, reset?: Failure): Promise<void> {
    const { signal } = this.#attempt;
    const begin = this.#options.clock.now();
    const made = (this.#made = new Deferred<Machine>());
    let during: StartProgress['kind'] = 'loading';
    try {
      const node = await this.#bringUp(
        { kind: source },
        {
          memoryBytes: this.#memoryBytes,
          signal,
          tell: (progress) => {
            during = progress.kind;
            this.#state.set({ ...progress, ...(reset && { reset }) });
          },
          onMachine: (machine) => {
            this.#adopt(machine);
            made.resolve(machine);
          },
        },
      );
      this.#run({ ...node, source, startMilliseconds: this.#options.clock.now() - begin }, signal);
    } catch (thrown) {
      const error = asSandglassError(thrown);
      made.reject(error);
      // A newer start, a stop or the machine's own end has taken over: the status is theirs.
      if (!signal.aborted) {
        // Ends what else this start has under way, lest it speak up after the failure.
        this.#end(error);
        this.#state.fail(during, error, this.#machine);
      }
      throw error;
    }
  }

  /**
   * Goes on with a saved machine in place of the one before, which is left alone until the new one
   * answers: for that long both have their memory. Rejects with what failed; the status is then what it was.
   */
  async resumeSaved(
    { machine: state, memoryBytes, store }: SavedNode,
    wanted?: AbortSignal,
  ): Promise<void> {
    const begin = this.#options.clock.now();
    // A start or a stop meanwhile is a newer wish.
    const newer = [this.#attempt.signal, ...(wanted ? [wanted] : [])];
    const takeover = new Takeover(newer);
    const { signal } = takeover;
    const idle = this.status.kind === 'off';
    try {
      throwIfCancelled(signal);
      const parts = await this.#bringUp(
        { kind: 'checkpoint', machine: state },
        {
          memoryBytes,
          signal,
          tell: (progress) => {
            if (idle) this.#state.set(progress);
          },
          onMachine: (machine) => {
            takeover.watch(machine);
          },
        },
      );
      throwIfCancelled(signal);
      this.#replace(parts.machine, memoryBytes, takeover.commit());
      const startMilliseconds = this.#options.clock.now() - begin;
      this.#run({ ...parts, store, source: 'checkpoint', startMilliseconds }, signal);
    } catch (error) {
      takeover.abandon();
      if (idle && !newer.some(({ aborted }) => aborted)) this.#state.set({ kind: 'off' });
      throw asSandglassError(error);
    }
  }

  /** What the states of its machines depend on. */
  async build(): Promise<Build> {
    return { manifest: await this.#options.assets.digest(), emulator: emulatorVersion };
  }

  get hostname(): string {
    return this.#options.hostname;
  }

  /** Disposes of the machine, whatever it is doing. */
  stop(): void {
    this.#end(new SandglassError('cancelled', 'The machine was switched off.'));
    this.#discard();
    if (this.status.kind !== 'off') this.#state.set({ kind: 'off' });
  }

  /** A pause of the reader's stays that, whatever the page asks for meanwhile. */
  async pause(by: 'reader' | 'sleep'): Promise<void> {
    const node = this.running;
    const { signal } = this.#attempt;
    await node.machine.pause();
    if (this.#running !== node) {
      // Its agent has died, and a new one answers only from a machine that runs.
      if (!signal.aborted && this.status.kind !== 'failed') node.machine.resume();
      throw new SandglassError('unavailable', 'What was to be paused has ended.');
    }
    if (by === 'sleep' && this.status.kind === 'paused') return;
    this.#state.set({ kind: 'paused', by });
  }

  /** Goes on, with the right time: the guest's clock stood still meanwhile. */
  async resume(): Promise<void> {
    const { machine, agent, source } = this.running;
    machine.resume();
    this.#state.set({ kind: 'running', source });
    await agent.system.setTime(this.#options.clock.wallTime(), this.#attempt.signal);
  }

  #bringUp(from: LoadSource, start: NodeStart): Promise<NodeParts> {
    return loadAndBringUp(from, start, {
      ...this.#options,
      time: this.time,
      onFileFailure: (failure) => {
        if (!start.signal.aborted) this.notices.emit(noticeOf(failure));
      },
    });
  }

  /** The new machine takes over; whoever waits for the one before is told. */
  #replace(machine: Machine, memoryBytes: number, attempt: AbortController): void {
    this.#end(new SandglassError('cancelled', 'A saved cluster was opened in its place.'));
    this.#discard();
    this.#attempt = attempt;
    this.#memoryBytes = memoryBytes;
    this.#made = new Deferred();
    this.#made.resolve(machine);
    this.#adopt(machine);
    this.#state.set({ kind: 'starting', source: 'checkpoint' });
  }

  #run(node: RunningNode, signal: AbortSignal): void {
    this.#running = node;
    node.agent.closed.listen(() => {
      if (!signal.aborted) void this.#greetAnew(node, signal);
    });
    this.#state.set({ kind: 'running', source: node.source });
  }

  /** The agent has died, and the guest's init starts it again; what it held is lost. */
  async #greetAnew(
    { machine, archive, source, startMilliseconds }: RunningNode,
    signal: AbortSignal,
  ): Promise<void> {
    this.#running = undefined;
    this.#state.set({ kind: 'starting', source, lost: lostAgent(this.#options.hostname) });
    try {
      // Without the saved objects: those of now are the cluster's.
      const agent = await greetAgent(machine, this.time, agentRestart, signal);
      this.#run({ machine, archive, agent, source, startMilliseconds }, signal);
    } catch (thrown) {
      if (!signal.aborted) this.#state.fail('running', asSandglassError(thrown), this.#machine);
    }
  }

  #adopt(machine: Machine): void {
    this.#machine = machine;
    machine.events.listen((event) => {
      this.#onMachineEvent(event);
    });
  }

  #onMachineEvent(event: MachineEvent): void {
    const ended = endOf(event);
    if (event.type === 'guest-reset' && this.#resets.allow(this.#options.clock.now())) {
      this.#restart();
    } else if (ended) {
      const { kind, error } = ended;
      const during = this.#running ? 'running' : 'starting';
      // Ends whoever waits for the agent; the machine stays, so that its console can be read.
      this.#end(error);
      if (kind === 'failed') this.#state.fail(during, error, this.#machine);
      else this.#state.set({ kind, failure: { code: error.code, message: error.message } });
    } else if (event.type !== 'state') {
      // Contained: the machine runs on. For the developer's console.
      console.warn('The machine reports:', event);
    }
  }

  /** The reset line is pulled: what a real machine does is to boot, with empty memory. */
  #restart(): void {
    const error = resetItself(this.#options.hostname);
    this.#end(error);
    this.#discard();
    // Whoever waited for the start that this one replaces has been told; its own failures are statuses.
    this.#begin('cold-boot', { code: error.code, message: error.message }).catch(() => undefined);
  }

  #discard(): void {
    this.#machine?.dispose();
    this.#machine = undefined;
    this.#made = switchedOff();
  }

  #end(error: SandglassError): void {
    this.#attempt.abort(error);
    this.#attempt = new AbortController();
    this.#running?.agent.dispose(error);
    this.#running = undefined;
  }
}

function switchedOff(): Deferred<Machine> {
  const deferred = new Deferred<Machine>();
  deferred.reject(new SandglassError('unavailable', 'The machine is not switched on.'));
  return deferred;
}

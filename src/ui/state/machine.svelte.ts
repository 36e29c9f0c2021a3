import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { Emitter } from '#base/emitter.ts';
import { type SandglassError, asSandglassError } from '#base/errors.ts';
import type {
  CheckpointSummary,
  Failure,
  MachineFacts,
  NodeApi,
  NodeStatus,
  StartSource,
} from '#rpc/contracts.ts';
import type { ConnectNode, PageConnection } from '#ui/ports.ts';
import { words } from '#ui/words/words.ts';
import { isUp } from './stage.ts';

/** Milliseconds for a new worker to say a first word: its script may still be on its way. */
const greetingLimit = 30_000;

/** The machine as the page sees it: its status, its facts, and the calls that change it. */
export class Machine {
  readonly name = 'node-1';
  /** Whatever ran on the machine is gone; the reason in a sentence. Emitted before the status. */
  readonly ended = new Emitter<string>();
  readonly statusChanged = new Emitter<NodeStatus>();
  /** What goes wrong without ending the machine. */
  readonly noticed = new Emitter<Failure>();
  /** The worker is dead: nothing more comes of what it told. */
  readonly died = new Emitter<SandglassError>();
  /** A new worker took the place of one that failed. */
  readonly connected = new Emitter<NodeApi>();
  readonly #connect: ConnectNode;
  readonly #clock: Clock;
  #connection: PageConnection;
  #status = $state.raw<NodeStatus>({ kind: 'off' });
  #facts = $state.raw<MachineFacts | undefined>();
  #lastSource: StartSource = 'snapshot';
  /** The worker of now has died, which a machine that was switched off before does not show. */
  #dead = false;
  /** Why the reader's own action ends the running machine. */
  #endReason: string | undefined;

  /** `first` is a connection made earlier than the page could be, if there is one. */
  constructor(connect: ConnectNode, clock: Clock, first: PageConnection = connect()) {
    this.#connect = connect;
    this.#clock = clock;
    this.#connection = first;
    this.#watch(first);
  }

  get api(): NodeApi {
    return this.#connection.api;
  }

  get status(): NodeStatus {
    return this.#status;
  }

  get running(): boolean {
    return this.#status.kind === 'running';
  }

  /** How the machine was last asked to start. */
  get lastSource(): StartSource {
    return this.#lastSource;
  }

  /** The facts as last asked for. */
  get facts(): MachineFacts | undefined {
    return this.#facts;
  }

  /** Begins anew, from the snapshot or from power-on. What fails becomes the status. */
  async start(source: StartSource): Promise<void> {
    this.#lastSource = source;
    this.#endReason =
      source === 'snapshot'
        ? words.machine.ended.restarted(this.name)
        : words.machine.ended.powerCycled(this.name);
    // What failed may have taken its worker along; a new one costs little.
    if (this.#status.kind === 'failed' || this.#dead) this.#reconnect();
    await this.#attempt(() => this.api.start(source));
  }

  /** Goes on from a saved cluster. What fails is the call's alone: the machine that runs stays. */
  async openCheckpoint(port: MessagePort): Promise<CheckpointSummary> {
    this.#endReason = words.machine.ended.replaced;
    try {
      // The status that ends the machine before may come later than the answer, over a port of its own.
      return await this.api.openCheckpoint(port);
    } catch (error) {
      this.#endReason = undefined;
      throw error;
    }
  }

  pause(): Promise<void> {
    return this.api.pause();
  }

  resume(): Promise<void> {
    return this.api.resume();
  }

  async refreshFacts(): Promise<void> {
    const { api } = this;
    try {
      const facts = await api.facts();
      if (api === this.api) this.#facts = facts;
    } catch {
      // The machine's end is told by its status.
    }
  }

  dispose(): void {
    this.#connection.dispose();
  }

  #reconnect(): void {
    this.#connection.dispose();
    this.#connection = this.#connect();
    this.#dead = false;
    this.#status = { kind: 'off' };
    this.#watch(this.#connection);
    this.connected.emit(this.api);
  }

  #watch(connection: PageConnection): void {
    const isCurrent = () => connection === this.#connection;
    const greeted = connection.api.watchStatus((status) => {
      if (isCurrent()) this.#onStatus(status);
    });
    // A worker that speaks up after all takes the failure back by its status.
    const { silent } = words.machine;
    withDeadline(greeted, this.#clock, greetingLimit, silent).catch((error: unknown) => {
      // Only a dead worker refuses, and its death is told of below.
      if (isCurrent() && !this.#dead) this.#onFailure(asSandglassError(error));
    });
    connection.api
      .watchNotices((notice) => {
        if (isCurrent()) this.noticed.emit(notice);
      })
      .catch(() => undefined);
    void connection.death.then((error) => {
      if (!isCurrent()) return;
      this.#dead = true;
      this.died.emit(error);
      // How the machine came to its end says more than that of its worker, which nobody needs any more.
      if (this.#status.kind !== 'halted') this.#onFailure(error);
    });
  }

  #onStatus(status: NodeStatus): void {
    const wasUp = isUp(this.#status);
    this.#status = status;
    if (isUp(status) !== wasUp) this.#facts = undefined;
    if (isUp(status)) this.#endReason = undefined;
    else if (wasUp || status.kind !== 'starting') {
      this.ended.emit(
        reasonOf(status) ?? this.#endReason ?? words.machine.ended.stopped(this.name),
      );
    }
    this.statusChanged.emit(status);
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    const connection = this.#connection;
    try {
      await action();
    } catch (thrown) {
      const error = asSandglassError(thrown);
      // Another start took this one's place.
      if (error.code === 'cancelled' || error.code === 'aborted') return;
      if (connection === this.#connection) this.#onFailure(error);
    }
  }

  /** A failure that the worker may not have been able to tell as a status. */
  #onFailure({ code, message }: SandglassError): void {
    const { kind } = this.#status;
    if (kind === 'failed') return;
    const during =
      kind === 'off' || kind === 'loading'
        ? 'loading'
        : isUp(this.#status)
          ? 'running'
          : 'starting';
    this.#onStatus({ kind: 'failed', during, failure: { code, message }, console: '' });
  }
}

function reasonOf(status: NodeStatus): string | undefined {
  if (status.kind === 'starting') return (status.lost ?? status.reset)?.message;
  if (status.kind === 'loading') return status.reset?.message;
  return status.kind === 'failed' || status.kind === 'halted' ? status.failure.message : undefined;
}

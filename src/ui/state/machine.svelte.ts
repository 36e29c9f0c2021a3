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
import { isUp } from './stage.ts';

/** The machine as the page sees it: its status, its facts, and the calls that change it. */
export class Machine {
  readonly name = 'node-1';
  /** Whatever ran on the machine is gone; the reason in a sentence. Emitted before the status. */
  readonly ended = new Emitter<string>();
  readonly statusChanged = new Emitter<NodeStatus>();
  /** What goes wrong without ending the machine. */
  readonly noticed = new Emitter<Failure>();
  /** A new worker took the place of one that failed. */
  readonly connected = new Emitter<NodeApi>();
  readonly #connect: ConnectNode;
  #connection: PageConnection;
  #status = $state.raw<NodeStatus>({ kind: 'off' });
  #facts = $state.raw<MachineFacts | undefined>();
  #lastSource: StartSource = 'snapshot';
  /** Why the reader's own action ends the running machine. */
  #endReason: string | undefined;

  /** `first` is a connection made earlier than the page could be, if there is one. */
  constructor(connect: ConnectNode, first: PageConnection = connect()) {
    this.#connect = connect;
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
        ? `${this.name} was restarted from its snapshot.`
        : `${this.name} was switched off and on again.`;
    // What failed may have taken its worker along; a new one costs little.
    if (this.#status.kind === 'failed') this.#reconnect();
    await this.#attempt(() => this.api.start(source));
  }

  /** Goes on from a saved cluster. What fails is the call's alone: the machine that runs stays. */
  async openCheckpoint(port: MessagePort): Promise<CheckpointSummary> {
    this.#endReason = 'A saved cluster was opened in its place.';
    try {
      return await this.api.openCheckpoint(port);
    } finally {
      this.#endReason = undefined;
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
    this.#watch(this.#connection);
    this.connected.emit(this.api);
  }

  #watch(connection: PageConnection): void {
    const isCurrent = () => connection === this.#connection;
    connection.api
      .watchStatus((status) => {
        if (isCurrent()) this.#onStatus(status);
      })
      // Only a dead worker refuses, and its death is told of below.
      .catch(() => undefined);
    connection.api
      .watchNotices((notice) => {
        if (isCurrent()) this.noticed.emit(notice);
      })
      .catch(() => undefined);
    void connection.death.then((error) => {
      if (isCurrent()) this.#onFailure(error);
    });
  }

  #onStatus(status: NodeStatus): void {
    const wasUp = isUp(this.#status);
    this.#status = status;
    if (isUp(status) !== wasUp) this.#facts = undefined;
    if (isUp(status)) this.#endReason = undefined;
    else if (wasUp || status.kind !== 'starting') {
      this.ended.emit(reasonOf(status) ?? this.#endReason ?? `${this.name} has stopped.`);
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
    if (kind === 'failed' || kind === 'halted') return;
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

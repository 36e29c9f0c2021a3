import { type Clock, sleep } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { asSandglassError } from '#base/errors.ts';
import type { ClusterFaults, NodeApi } from '#rpc/contracts.ts';
import { runOnNode } from '#rpc/node-calls.ts';
import type { Machine } from '#ui/state/machine.svelte.ts';
import { words } from '#ui/words/words.ts';
import { type CommandFault, fullDisk, noNetwork } from './fault-commands.ts';

export type FaultId = 'disk' | 'network' | 'runtime' | 'registry';

/** Milliseconds between two looks at the node. */
const lookEvery = 2_000;

/** Milliseconds for an answer of the node, or of the part that is to fail: a machine that is busy is slow. */
const answerLimit = 15_000;

/** Bytes a second of a slow registry: the image of a few megabytes takes a minute or two. */
export const slowRate = 20_000;

const commandFaults: Readonly<Partial<Record<FaultId, CommandFault>>> = {
  disk: fullDisk,
  network: noNetwork,
};

const none: ClusterFaults = { runtimeStopped: false, registryBytesPerSecond: undefined };

/** What the reader has broken, as the node and its cluster say it. */
export class FaultBoard {
  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly #type: (command: string) => void;
  #cluster = $state.raw<ClusterFaults>(none);
  #onNode = $state.raw<readonly string[]>([]);
  #silent = $state(false);
  /** What the node has been asked and has not answered yet. */
  #asked: Promise<readonly string[]> | undefined;

  /** @param type types a command into the reader's terminal */
  constructor(machine: Machine, clock: Clock, type: (command: string) => void) {
    this.#machine = machine;
    this.#clock = clock;
    this.#type = type;
    machine.connected.listen((api) => this.#follow(api));
    this.#follow(machine.api);
    machine.ended.listen(() => {
      this.#onNode = [];
      this.#forget();
    });
  }

  /** The faults that are made. */
  get made(): readonly FaultId[] {
    const ids: readonly FaultId[] = ['disk', 'network', 'runtime', 'registry'];
    return ids.filter((id) => this.isMade(id));
  }

  /** The node has not answered in time: what is broken on it may have changed. */
  get silent(): boolean {
    return this.#silent && this.#machine.running;
  }

  isMade(id: FaultId): boolean {
    if (id === 'runtime') return this.#cluster.runtimeStopped;
    if (id === 'registry') return this.#cluster.registryBytesPerSecond !== undefined;
    return this.#onNode.includes(id);
  }

  /** What is typed to make it, or to undo it; nothing for one that no command makes. */
  commandOf(id: FaultId): string | undefined {
    const fault = commandFaults[id];
    return this.isMade(id) ? fault?.undo : fault?.command;
  }

  /** Makes a fault, or undoes one that is made. Rejects where the cluster refuses, or does not answer in time. */
  async toggle(id: FaultId): Promise<void> {
    const command = this.commandOf(id);
    if (command !== undefined) {
      this.#type(command);
      return;
    }
    const isMade = this.isMade(id);
    const change: Partial<ClusterFaults> =
      id === 'runtime'
        ? { runtimeStopped: !isMade }
        : { registryBytesPerSecond: isMade ? undefined : slowRate };
    await this.#inTime(this.#machine.api.setFaults({ ...this.#cluster, ...change }));
  }

  /**
   * Looks at the node now and then, for what a command has made another may undo. Resolves when the signal has ended
   * that.
   */
  async look(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        if (this.#machine.running) await this.#lookOnce(signal);
        await sleep(this.#clock, lookEvery, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #lookOnce(signal: AbortSignal): Promise<void> {
    // A question that the node owes an answer to is not put again.
    const asked = (this.#asked ??= askNode(this.#machine.api));
    try {
      const onNode = await this.#inTime(asked, signal);
      if (asked !== this.#asked) return;
      this.#onNode = onNode;
      this.#forget();
    } catch (error) {
      if (asked !== this.#asked) return;
      // A machine that ends says so itself; one that is too full to run a command is asked again.
      if (asSandglassError(error).code === 'deadline-exceeded') this.#silent = true;
      else this.#asked = undefined;
    }
  }

  #forget(): void {
    this.#asked = undefined;
    this.#silent = false;
  }

  #inTime<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    const late = words.bench.faults.late(answerLimit / 1000);
    return withDeadline(answer, this.#clock, answerLimit, late, signal);
  }

  #follow(api: NodeApi): void {
    this.#cluster = none;
    api
      .watchFaults((faults) => {
        if (api === this.#machine.api) this.#cluster = faults;
      })
      // Only a dead worker refuses, which the machine's status tells.
      .catch(() => undefined);
  }
}

/** The faults that commands have made, as the node has them. */
async function askNode(api: NodeApi): Promise<readonly string[]> {
  const probes = Object.entries(commandFaults).map(([id, { probe }]) => `${probe} && echo ${id}`);
  const { stdout } = await runOnNode(api, [...probes, 'true'].join('\n'));
  return stdout.split('\n');
}

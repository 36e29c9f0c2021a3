import { type Clock, sleep } from '#base/clock.ts';
import type { ClusterFaults, NodeApi } from '#rpc/contracts.ts';
import { runOnNode } from '#rpc/node-calls.ts';
import type { Machine } from '#ui/state/machine.svelte.ts';
import { type CommandFault, fullDisk, noNetwork } from './fault-commands.ts';

export type FaultId = 'disk' | 'network' | 'runtime' | 'registry';

/** Milliseconds between two looks at the node. */
const lookEvery = 2_000;

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

  /** @param type types a command into the reader's terminal */
  constructor(machine: Machine, clock: Clock, type: (command: string) => void) {
    this.#machine = machine;
    this.#clock = clock;
    this.#type = type;
    machine.connected.listen((api) => this.#follow(api));
    this.#follow(machine.api);
    machine.ended.listen(() => (this.#onNode = []));
  }

  /** The faults that are made. */
  get made(): readonly FaultId[] {
    const ids: readonly FaultId[] = ['disk', 'network', 'runtime', 'registry'];
    return ids.filter((id) => this.isMade(id));
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

  /** Makes a fault, or undoes one that is made. Rejects where the cluster refuses. */
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
    await this.#machine.api.setFaults({ ...this.#cluster, ...change });
  }

  /** Looks at the node now and then until what it gives is called: what a command has made, another may undo. */
  look(): () => void {
    const over = new AbortController();
    const looking = async () => {
      while (!over.signal.aborted) {
        if (this.#machine.running) await this.#lookOnce();
        await sleep(this.#clock, lookEvery, over.signal);
      }
    };
    looking().catch(() => undefined);
    return () => over.abort();
  }

  async #lookOnce(): Promise<void> {
    const { api } = this.#machine;
    const probes = Object.entries(commandFaults).map(([id, { probe }]) => `${probe} && echo ${id}`);
    try {
      const { stdout } = await runOnNode(api, [...probes, 'true'].join('\n'));
      if (api === this.#machine.api) this.#onNode = stdout.split('\n');
    } catch {
      // A machine that ends says so itself; one that is too full to run a command is asked again.
    }
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

import type { CriCallRecord } from '#base/trace-records.ts';
import type { CallBatch, NodeApi } from '#rpc/contracts.ts';
import type { Machine } from '#ui/state/machine.svelte.ts';
import type { TraceFeed } from '#ui/state/page-stage.svelte.ts';

/** Calls that a lesson's checks can look back at. */
const newest = 2_000;

/** The calls of the CRI, for the checks of a lesson. */
export class CallFeed implements TraceFeed {
  #records = $state.raw<readonly CriCallRecord[]>([]);
  #cluster: number | undefined;

  constructor(machine: Machine) {
    machine.connected.listen((api) => {
      this.#watch(api);
    });
    this.#watch(machine.api);
  }

  lastRecord(): number {
    return this.#records.at(-1)?.id ?? 0;
  }

  after(record: number): readonly CriCallRecord[] {
    return this.#records.filter(({ id }) => id > record);
  }

  #watch(api: NodeApi): void {
    this.#records = [];
    // Only a dead worker refuses, which the machine's status tells.
    api.watchCalls((batch) => this.#take(batch), { newest }).catch(() => undefined);
  }

  #take({ cluster, records }: CallBatch): void {
    const before = cluster === this.#cluster ? this.#records : [];
    this.#cluster = cluster;
    this.#records = [...before, ...records].slice(-2 * newest);
  }
}

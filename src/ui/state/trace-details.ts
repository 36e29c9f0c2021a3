import type { TraceDetail } from '#base/trace-records.ts';
import type { NodeApi } from '#rpc/contracts.ts';
import type { Machine } from './machine.svelte.ts';

/** What is to be told one by one, as long as anybody on the page wants to see it. */
export class TraceDetails {
  readonly #machine: Machine;
  /** Of who wants it, each. */
  readonly #wanted = new Map<symbol, TraceDetail>();

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.connected.listen((api) => {
      if (this.#wanted.size > 0) this.#tell(api);
    });
  }

  /** Until what it gives is called. */
  want(kind: TraceDetail): () => void {
    const who = Symbol(kind);
    this.#change(() => this.#wanted.set(who, kind));
    return () => {
      this.#change(() => this.#wanted.delete(who));
    };
  }

  #change(change: () => void): void {
    const before = this.#kinds().join();
    change();
    if (this.#kinds().join() !== before) this.#tell(this.#machine.api);
  }

  #kinds(): readonly TraceDetail[] {
    return [...new Set(this.#wanted.values())].sort();
  }

  #tell(api: NodeApi): void {
    // Only a dead worker refuses, which the machine's status tells; the next is told anew.
    api.setTraceDetails(this.#kinds()).catch(() => undefined);
  }
}

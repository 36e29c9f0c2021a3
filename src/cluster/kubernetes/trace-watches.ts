import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { TraceBatch } from '#rpc/contracts.ts';
import { send } from '#cluster/told.ts';

/** Milliseconds in which records are told together: a page draws no faster, and each telling crosses threads. */
const together = 50;

interface Watch {
  listener: (batch: TraceBatch) => unknown;
  /** The last record that it was told of. */
  lastId: number;
}

/** Who is told of the trace, from one cluster to the next. Nothing is gathered while nobody is. */
export class TraceWatches {
  readonly #clock: Clock;
  readonly #watches = new Map<number, Watch>();
  #trace: TraceBus | undefined;
  #stop: () => void = () => undefined;
  #batch: TraceRecord[] = [];
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on it is the trace of this cluster. */
  follow(trace: TraceBus): void {
    this.#flush();
    this.#stop();
    this.#trace = trace;
    for (const watch of this.#watches.values()) watch.lastId = 0;
    if (this.#watches.size > 0) this.#listen(trace);
  }

  /** The cluster has ended, and its trace with it. */
  leave(trace: TraceBus): void {
    if (this.#trace !== trace) return;
    this.#flush();
    this.#stop();
    this.#trace = undefined;
  }

  /** Tells what is kept, then what comes. */
  add(listener: (batch: TraceBatch) => unknown): number {
    const trace = this.#trace;
    const records = trace?.history() ?? [];
    if (this.#watches.size === 0 && trace) this.#listen(trace);
    const id = this.#nextId++;
    this.#watches.set(id, { listener, lastId: records.at(-1)?.id ?? 0 });
    send(listener, { records, lost: trace?.lost ?? 0 });
    return id;
  }

  remove(id: number): void {
    this.#watches.delete(id);
    if (this.#watches.size === 0) this.#stop();
  }

  #listen(trace: TraceBus): void {
    const stop = trace.listen((record) => {
      this.#batch.push(record);
      if (this.#batch.length === 1) this.#clock.schedule(together, () => this.#flush());
    });
    this.#stop = () => {
      stop();
      this.#batch = [];
      this.#stop = () => undefined;
    };
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    const lost = this.#trace?.lost ?? 0;
    for (const watch of this.#watches.values()) {
      const records = batch.filter(({ id }) => id > watch.lastId);
      const last = records.at(-1);
      if (!last) continue;
      watch.lastId = last.id;
      send(watch.listener, { records, lost });
    }
  }
}

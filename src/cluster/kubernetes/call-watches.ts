import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import type { CriCallRecord } from '#base/trace-records.ts';
import type { CallBatch, CallsWanted } from '#rpc/contracts.ts';
import { send } from '#cluster/told.ts';
import { isOfCall, newestCalls } from './newest-calls.ts';

/** Milliseconds in which records are told together: a page draws no faster, and each telling crosses threads. */
const together = 50;

interface Watch {
  listener: (batch: CallBatch) => unknown;
  /** The last record that it was told of. */
  lastId: number;
}

/** Who is told of the CRI's calls, from one cluster to the next. Nothing is gathered while nobody is. */
export class CallWatches {
  readonly #clock: Clock;
  readonly #watches = new Map<number, Watch>();
  #trace: TraceBus | undefined;
  /** The number of the trace among those followed so far, from 1 on. */
  #cluster = 0;
  #stop: () => void = () => undefined;
  #batch: CriCallRecord[] = [];
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on it is the trace of this cluster. */
  follow(trace: TraceBus): void {
    this.#flush();
    this.#stop();
    this.#trace = trace;
    this.#cluster++;
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

  /** Tells what is wanted of what is kept, then what comes. */
  add(listener: (batch: CallBatch) => unknown, { newest, after }: CallsWanted): number {
    const id = this.#nextId++;
    const watch: Watch = { listener, lastId: 0 };
    const trace = this.#trace;
    if (trace) {
      const known = after?.cluster === this.#cluster ? after.id : 0;
      const history = trace.history(known);
      watch.lastId = history.at(-1)?.id ?? known;
      this.#tell(watch, newestCalls(history, newest));
      if (this.#watches.size === 0) this.#listen(trace);
    }
    this.#watches.set(id, watch);
    return id;
  }

  remove(id: number): void {
    this.#watches.delete(id);
    if (this.#watches.size === 0) this.#stop();
  }

  #listen(trace: TraceBus): void {
    const stop = trace.listen((record) => {
      if (!isOfCall(record)) return;
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
    for (const watch of this.#watches.values()) {
      const records = batch.filter(({ id }) => id > watch.lastId);
      const last = records.at(-1);
      if (!last) continue;
      watch.lastId = last.id;
      this.#tell(watch, records);
    }
  }

  #tell({ listener }: Watch, records: readonly CriCallRecord[]): void {
    send(listener, { cluster: this.#cluster, records, lost: this.#trace?.lost ?? 0 });
  }
}

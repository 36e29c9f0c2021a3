import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceBatch, TracePosition } from '#rpc/contracts.ts';

/** Milliseconds in which records are told together: a page draws no faster, and each telling crosses threads. */
const together = 50;

/** Records told at once: more would keep the machine, which runs in the same thread, waiting. */
const atOnce = 1_000;

type Listener = (batch: TraceBatch) => unknown;

interface Watch {
  id: number;
  listener: Listener;
  /** The last record that it was told of. */
  lastId: number;
  /** It has not taken in yet what it was told last. */
  busy: boolean;
}

/**
 * Who is told of the trace, from one cluster to the next. Nothing is done while nobody is. Who takes in slowly is told
 * more at once, and of no more than is kept: what waits for it waits in the trace.
 */
export class TraceWatches {
  readonly #clock: Clock;
  readonly #watches = new Map<number, Watch>();
  #trace: TraceBus | undefined;
  /** The number of the trace among those followed so far, from 1 on. */
  #cluster = 0;
  #stop: () => void = () => undefined;
  #cancelTimer: (() => void) | undefined;
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on it is the trace of this cluster. */
  follow(trace: TraceBus): void {
    this.#tellTheRest();
    this.#unlisten();
    this.#trace = trace;
    this.#cluster++;
    for (const watch of this.#watches.values()) watch.lastId = 0;
    if (this.#watches.size > 0) this.#listen(trace);
  }

  /** The cluster has ended, and its trace with it. */
  leave(trace: TraceBus): void {
    if (this.#trace !== trace) return;
    this.#tellTheRest();
    this.#unlisten();
    this.#trace = undefined;
  }

  /** Tells what is kept, or of it what came after a record if its cluster still runs, then what comes. */
  add(listener: Listener, after?: TracePosition): number {
    const id = this.#nextId++;
    const lastId = after && after.cluster === this.#cluster ? after.id : 0;
    const watch: Watch = { id, listener, lastId, busy: false };
    this.#watches.set(id, watch);
    if (this.#trace) {
      if (this.#watches.size === 1) this.#listen(this.#trace);
      this.#tell(watch, { evenNothing: true });
    }
    return id;
  }

  remove(id: number): void {
    this.#watches.delete(id);
    if (this.#watches.size === 0) this.#unlisten();
  }

  #listen(trace: TraceBus): void {
    this.#stop = trace.listen(() => this.#tellSoon());
  }

  #unlisten(): void {
    this.#stop();
    this.#stop = () => undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #tellSoon(): void {
    this.#cancelTimer ??= this.#clock.schedule(together, () => {
      this.#cancelTimer = undefined;
      for (const watch of this.#watches.values()) if (!watch.busy) this.#tell(watch);
    });
  }

  /** What would else never be told. */
  #tellTheRest(): void {
    for (const watch of this.#watches.values()) this.#tell(watch);
  }

  #tell(watch: Watch, { evenNothing = false } = {}): void {
    const trace = this.#trace;
    if (!trace || (watch.lastId === trace.lastId && !evenNothing)) return;
    const records = trace.history(watch.lastId, atOnce);
    const lastId = records.at(-1)?.id ?? watch.lastId;
    const lost = lastId - watch.lastId - records.length;
    const more = lastId < trace.lastId;
    watch.lastId = lastId;
    watch.busy = true;
    const goOn = () => {
      watch.busy = false;
      if (this.#trace !== trace || !this.#watches.has(watch.id)) return;
      if (more) this.#tell(watch);
      else if (watch.lastId < trace.lastId) this.#tellSoon();
    };
    const told = watch.listener({ cluster: this.#cluster, records, lost });
    // Another thread's function fails when that thread is gone.
    if (told instanceof Promise) told.then(goOn, () => undefined);
    else goOn();
  }
}

import type { Clock } from './clock.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { ProcessLinks } from './process-links.ts';
import type { TraceBody, TraceRecord } from './trace-records.ts';

/** Records kept for who comes later. About an hour of a node with twenty pods. */
const usualCapacity = 20_000;

/**
 * The one place that every layer reports to. Panels, lessons' checks and tests read the same
 * records. What no longer fits is dropped from the old end, and counted.
 */
export class TraceBus {
  /** Who makes a process of a pod says so here; the records of processes are linked by it. */
  readonly processes = new ProcessLinks();
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #events = new Emitter<TraceRecord>();
  #records: TraceRecord[] = [];
  #lost = 0;
  #nextId = 1;

  constructor(clock: Clock, capacity = usualCapacity) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Records dropped because nobody had room for them. */
  get lost(): number {
    return this.#lost;
  }

  /** Stamps the body with an id that only grows and the clock's time, and tells it to all. */
  emit(body: TraceBody): TraceRecord {
    const record: TraceRecord = { id: this.#nextId++, time: this.#clock.wallTime(), ...body };
    this.#records.push(record);
    // A quarter at a time, so that dropping costs nothing per record.
    if (this.#records.length > this.#capacity * 1.25) {
      const dropped = this.#records.length - this.#capacity;
      this.#records = this.#records.slice(dropped);
      this.#lost += dropped;
    }
    this.#events.emit(record);
    return record;
  }

  /** What is still kept, oldest first, from after the record `afterId` on. */
  history(afterId = 0): readonly TraceRecord[] {
    return this.#records.filter(({ id }) => id > afterId);
  }

  listen(listener: (record: TraceRecord) => void): Unsubscribe {
    return this.#events.listen(listener);
  }
}

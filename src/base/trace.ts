import type { Clock } from './clock.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { ProcessLinks } from './process-links.ts';
import { TraceHistory, type TraceLimits } from './trace-history.ts';
import type { TraceBody, TraceDetail, TraceRecord } from './trace-records.ts';

/** The one place that every layer reports to. Panels, lessons' checks and tests read the same records. */
export class TraceBus {
  /** Who makes a process of a pod says so here; the records of processes are linked by it. */
  readonly processes = new ProcessLinks();
  /** What somebody looks at now of what is told one by one only then. */
  details: ReadonlySet<TraceDetail> = new Set();
  readonly #clock: Clock;
  readonly #history: TraceHistory;
  readonly #events = new Emitter<TraceRecord>();
  #nextId = 1;

  constructor(clock: Clock, limits: Partial<TraceLimits> = {}) {
    this.#clock = clock;
    this.#history = new TraceHistory(limits);
  }

  /** Records dropped because there was no room for them. */
  get lost(): number {
    return this.#history.dropped;
  }

  /** Of the latest record; 0 before the first. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  /** Stamps the body with an id that only grows and the clock's time, and tells it to all. */
  emit(body: TraceBody): TraceRecord {
    const record: TraceRecord = { id: this.#nextId++, time: this.#clock.wallTime(), ...body };
    this.#history.add(record);
    this.#events.emit(record);
    return record;
  }

  /** What is still kept, oldest first, from after the record `afterId` on; no more than `atMost` of it. */
  history(afterId = 0, atMost?: number): readonly TraceRecord[] {
    return this.#history.after(afterId, atMost);
  }

  /** Whether a record that says something of its own is still in the history. */
  keeps(id: number): boolean {
    const oldest = this.#history.records[0]?.id;
    return oldest !== undefined && oldest <= id;
  }

  listen(listener: (record: TraceRecord) => void): Unsubscribe {
    return this.#events.listen(listener);
  }
}

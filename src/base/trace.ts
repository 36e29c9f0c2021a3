import type { Clock } from './clock.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { estimateBytes } from './estimate-bytes.ts';
import { ProcessLinks } from './process-links.ts';
import type { TraceBody, TraceRecord } from './trace-records.ts';

export interface TraceLimits {
  /** Records kept for who comes later. */
  records: number;
  /** Bytes that they take, as far as can be told. */
  bytes: number;
}

/** About an hour of a node with twenty pods; and a small part of what a tab may take. */
const usualLimits: TraceLimits = { records: 20_000, bytes: 16 << 20 };

interface Kept {
  record: TraceRecord;
  bytes: number;
}

/**
 * The one place that every layer reports to. Panels, lessons' checks and tests read the same
 * records. What no longer fits is dropped, what said nothing new first, then from the old end, and counted.
 */
export class TraceBus {
  /** Who makes a process of a pod says so here; the records of processes are linked by it. */
  readonly processes = new ProcessLinks();
  readonly #clock: Clock;
  readonly #limits: TraceLimits;
  readonly #events = new Emitter<TraceRecord>();
  #kept: Kept[] = [];
  #bytes = 0;
  #lost = 0;
  #nextId = 1;

  constructor(clock: Clock, limits: Partial<TraceLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...usualLimits, ...limits };
  }

  /** Records dropped because there was no room for them. */
  get lost(): number {
    return this.#lost;
  }

  /** Stamps the body with an id that only grows and the clock's time, and tells it to all. */
  emit(body: TraceBody): TraceRecord {
    const record: TraceRecord = { id: this.#nextId++, time: this.#clock.wallTime(), ...body };
    const bytes = estimateBytes(record);
    this.#kept.push({ record, bytes });
    this.#bytes += bytes;
    // A quarter at a time, so that dropping costs little per record.
    if (this.#exceeds(1.25)) this.#drop();
    this.#events.emit(record);
    return record;
  }

  /** What is still kept, oldest first, from after the record `afterId` on. */
  history(afterId = 0): readonly TraceRecord[] {
    return this.#kept.flatMap(({ record }) => (record.id > afterId ? [record] : []));
  }

  /** Whether a record that says something of its own is still in the history. */
  keeps(id: number): boolean {
    const oldest = this.#kept[0]?.record.id;
    return oldest !== undefined && oldest <= id;
  }

  listen(listener: (record: TraceRecord) => void): Unsubscribe {
    return this.#events.listen(listener);
  }

  #exceeds(share: number): boolean {
    const { records, bytes } = this.#limits;
    return this.#kept.length > records * share || this.#bytes > bytes * share;
  }

  #drop(): void {
    const before = this.#kept.length;
    const routine = routineRecords(this.#kept);
    // The latest stay: what goes on by the clock is part of what happens now.
    const recent = this.#kept[Math.floor(before * 0.9)]?.record.id ?? 0;
    this.#dropWhile(({ id }) => id < recent && routine.has(id));
    this.#dropWhile(({ id }) => id < this.#nextId - 1);
    this.#lost += before - this.#kept.length;
  }

  /** Those that may go, oldest first, as far as there is no room. */
  #dropWhile(mayGo: (record: TraceRecord) => boolean): void {
    let { length } = this.#kept;
    const { records, bytes } = this.#limits;
    this.#kept = this.#kept.filter((kept) => {
      if ((length <= records && this.#bytes <= bytes) || !mayGo(kept.record)) return true;
      length--;
      this.#bytes -= kept.bytes;
      return false;
    });
  }
}

/** Calls whose answers were what they had been before, and these answers, by id. */
function routineRecords(kept: readonly Kept[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const { record } of kept) {
    if (record.kind !== 'cri-return' || record.unchangedSince === undefined) continue;
    ids.add(record.id);
    if (record.parent !== undefined) ids.add(record.parent);
  }
  return ids;
}

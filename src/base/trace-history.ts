import { estimateBytes } from './estimate-bytes.ts';
import { type TraceRecord, agentStreamMethods, traceDetails } from './trace-records.ts';

export interface TraceLimits {
  /** Records kept for who comes later. */
  records: number;
  /** Bytes that they take, as far as can be told. */
  bytes: number;
}

const details: ReadonlySet<TraceRecord['kind']> = new Set(traceDetails);

/** About an hour of a node with twenty pods; and a small part of what a tab may take. */
const usualLimits: TraceLimits = { records: 20_000, bytes: 16 << 20 };

/**
 * The records that are kept, in the order of their ids. What no longer fits is dropped, what said nothing new and what
 * is told one by one first, then from the old end, and counted. The worker and the page keep the same ones.
 */
export class TraceHistory {
  readonly #limits: TraceLimits;
  #records: TraceRecord[] = [];
  /** Of each record, in the same order. */
  #sizes: number[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(limits: Partial<TraceLimits> = {}) {
    this.#limits = { ...usualLimits, ...limits };
  }

  /** Oldest first. */
  get records(): readonly TraceRecord[] {
    return this.#records;
  }

  /** Records dropped because there was no room for them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Its id is greater than those of all before. Tells whether others were dropped for it. */
  add(record: TraceRecord): boolean {
    const bytes = estimateBytes(record);
    this.#records.push(record);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    // A quarter at a time, so that dropping costs little per record.
    if (!this.#exceeds(1.25)) return false;
    this.#drop(record.id);
    return true;
  }

  get(id: number): TraceRecord | undefined {
    const record = this.#records[this.#indexAfter(id - 1)];
    return record?.id === id ? record : undefined;
  }

  /** The first records after that id, no more than `atMost`. */
  after(id: number, atMost = Infinity): readonly TraceRecord[] {
    const first = this.#indexAfter(id);
    return this.#records.slice(first, first + atMost);
  }

  #indexAfter(id: number): number {
    let [low, high] = [0, this.#records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle]?.id ?? Infinity) > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #exceeds(share: number): boolean {
    const { records, bytes } = this.#limits;
    return this.#records.length > records * share || this.#bytes > bytes * share;
  }

  #drop(newest: number): void {
    const before = this.#records.length;
    const routine = routineRecords(this.#records);
    // The latest stay: what goes on by the clock is part of what happens now.
    const recent = this.#records[Math.floor(before * 0.9)]?.id ?? 0;
    this.#dropWhile(({ id }) => id < recent && routine.has(id));
    this.#dropWhile(({ id }) => id < newest);
    this.#dropped += before - this.#records.length;
  }

  /** Those that may go, oldest first, as far as there is no room. */
  #dropWhile(mayGo: (record: TraceRecord) => boolean): void {
    const { records, bytes } = this.#limits;
    let { length } = this.#records;
    const kept = this.#records.map((record, index) => {
      if ((length <= records && this.#bytes <= bytes) || !mayGo(record)) return true;
      length--;
      this.#bytes -= this.#sizes[index] ?? 0;
      return false;
    });
    this.#records = this.#records.filter((_, index) => kept[index]);
    this.#sizes = this.#sizes.filter((_, index) => kept[index]);
  }
}

/** Calls whose answers were what they had been before, and these answers, what is told one by one, and pieces of streams, by id. */
function routineRecords(records: readonly TraceRecord[]): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const record of records) {
    if (details.has(record.kind) || isStreamPiece(record)) ids.add(record.id);
    if (record.kind !== 'cri-return' || record.unchangedSince === undefined) continue;
    ids.add(record.id);
    if (record.parent !== undefined) ids.add(record.parent);
  }
  return ids;
}

function isStreamPiece(record: TraceRecord): boolean {
  const isOfAgent = record.kind === 'agent-call' || record.kind === 'agent-return';
  return isOfAgent && agentStreamMethods.has(record.method);
}

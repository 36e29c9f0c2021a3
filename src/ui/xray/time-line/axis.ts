import type { Moment, TraceEvent } from '#ui/xray/events/trace-event.ts';

/** A figure's width between two moments so many milliseconds apart: the longer, the wider, but ever less so. */
export function stretch(milliseconds: number): number {
  return 2.5 + 6 * Math.log2(1 + Math.max(0, milliseconds) / 4);
}

/** Where an event lies, in the axis' own units. */
export interface Extent {
  from: number;
  /** The same as `from` of what takes no time, and while it goes on. */
  to: number;
}

/**
 * A time axis that stands still until something happens: idle time takes little of it, what happens at once is told
 * apart. Its units are pixels at the usual size.
 */
export class TimeAxis {
  readonly #records: number[] = [];
  readonly #times: number[] = [];
  readonly #positions: number[] = [];
  readonly #events: TraceEvent[] = [];
  readonly #extents = new Map<TraceEvent, Extent>();

  get length(): number {
    return this.#positions.at(-1) ?? 0;
  }

  get count(): number {
    return this.#times.length;
  }

  /** The time of the latest moment; of none, before all. */
  get latest(): number {
    return this.#times.at(-1) ?? -Infinity;
  }

  append({ id, time, event }: Moment): void {
    const last = this.#times.at(-1);
    const at = last === undefined ? 0 : this.length + stretch(time - last);
    this.#records.push(id);
    this.#times.push(last === undefined ? time : Math.max(time, last));
    this.#positions.push(at);
    this.#events.push(event);
    const known = this.#extents.get(event);
    if (known) known.to = at;
    else
      this.#extents.set(event, {
        from: event.begin < time ? this.positionOf(event.begin) : at,
        to: at,
      });
  }

  extentOf(event: TraceEvent): Extent | undefined {
    return this.#extents.get(event);
  }

  /** Of a time on the axis; those beyond its ends lie there. */
  positionOf(time: number): number {
    const index = firstAtLeast(this.#times, time);
    if (index === this.#times.length) return this.length;
    const [before, after] = [this.#times[index - 1], this.#times[index] ?? time];
    const at = this.#positions[index] ?? 0;
    if (before === undefined || after === before) return at;
    const from = this.#positions[index - 1] ?? 0;
    return from + ((at - from) * (time - before)) / (after - before);
  }

  /** Of a record's moment; of one that is not on the axis, of the next that is. */
  positionOfRecord(id: number): number {
    return this.#positions[firstAtLeast(this.#records, id)] ?? this.length;
  }

  /** The record of the first moment there or later, else of the last; nothing on an empty axis. */
  recordAt(position: number): number | undefined {
    return this.#records[firstAtLeast(this.#positions, position)] ?? this.#records.at(-1);
  }

  timeAt(position: number): number {
    const index = firstAtLeast(this.#positions, position);
    if (index === this.#positions.length) return this.#times.at(-1) ?? 0;
    const [from, at] = [this.#positions[index - 1], this.#positions[index] ?? position];
    const time = this.#times[index] ?? 0;
    if (from === undefined || at === from) return time;
    const before = this.#times[index - 1] ?? time;
    return before + ((time - before) * (position - from)) / (at - from);
  }

  /** The moments between two positions, in their order. */
  between(from: number, to: number): readonly Moment[] {
    const first = firstAtLeast(this.#positions, from);
    const moments: Moment[] = [];
    for (let index = first; (this.#positions[index] ?? Infinity) <= to; index++) {
      const event = this.#events[index];
      const [id = 0, time = 0] = [this.#records[index], this.#times[index]];
      if (event) moments.push({ id, time, event });
    }
    return moments;
  }

  /** Where time passed without an event, at least so many milliseconds. */
  gaps(from: number, to: number, atLeast: number): readonly { at: number; milliseconds: number }[] {
    const gaps: { at: number; milliseconds: number }[] = [];
    const first = Math.max(1, firstAtLeast(this.#positions, from));
    for (let index = first; (this.#positions[index - 1] ?? Infinity) <= to; index++) {
      const milliseconds = (this.#times[index] ?? NaN) - (this.#times[index - 1] ?? NaN);
      if (!(milliseconds >= atLeast)) continue;
      const [one = 0, other = 0] = this.#positions.slice(index - 1, index + 1);
      gaps.push({ at: (one + other) / 2, milliseconds });
    }
    return gaps;
  }
}

/** The index of the first that is at least that, in what never goes down. */
function firstAtLeast(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) >= wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

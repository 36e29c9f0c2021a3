import { type Layer, type TraceEvent, layers } from '#ui/xray/events/trace-event.ts';

/** Of each lane: the middle, then below, then above. */
export const rowsOfLane = 3;

/** Which of its lane's rows an event lies in: what goes on at once lies in rows of their own, as far as there are. */
export class Rows {
  readonly #rowOf = new Map<TraceEvent, number>();
  readonly #last = new Map<Layer, (TraceEvent | undefined)[]>(
    layers.map((layer) => [layer, Array.from({ length: rowsOfLane }, () => undefined)]),
  );

  /** In the order in which they began. */
  place(event: TraceEvent): void {
    if (this.#rowOf.has(event)) return;
    const lasts = this.#last.get(event.layer) ?? [];
    const free = lasts.findIndex((last) => !last || isOver(last, event));
    const row = free === -1 ? 0 : free;
    this.#rowOf.set(event, row);
    lasts[row] = event;
  }

  of(event: TraceEvent): number {
    return this.#rowOf.get(event) ?? 0;
  }
}

/** A process that lives on is drawn as a dot, where it began. */
function isOver({ kind, end, begin }: TraceEvent, next: TraceEvent): boolean {
  if (kind === 'process' && end === undefined) return next.begin > begin;
  return end !== undefined && end <= next.begin;
}

import type { EventSet, TraceEvent } from '#ui/xray/events/trace-event.ts';

/** An event, what it follows from, and all that follows from it. */
export function chainOf(event: TraceEvent, events: EventSet): ReadonlySet<number> {
  const chain = new Set([event.id]);
  for (let at: TraceEvent | undefined = event; at?.cause !== undefined; at = events.get(at.cause)) {
    if (chain.has(at.cause)) break;
    chain.add(at.cause);
  }
  const after = new Set([event.id]);
  for (const other of events.all) {
    if (other.cause !== undefined && after.has(other.cause)) after.add(other.id);
  }
  return new Set([...chain, ...after]);
}

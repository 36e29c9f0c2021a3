import type { TraceRecord } from '#base/trace-records.ts';
import type { TraceEvent } from '#ui/xray/events/trace-event.ts';

/** What `Export as JSON` writes: the records of the events that are shown, as the trace has them. */
export function traceJson(events: readonly TraceEvent[]): string {
  const records = new Map<number, TraceRecord>();
  for (const event of events) for (const record of event.records) records.set(record.id, record);
  const inOrder = [...records.values()].sort((one, other) => one.id - other.id);
  return `${JSON.stringify({ records: inOrder }, undefined, 2)}\n`;
}

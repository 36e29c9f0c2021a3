import type { Event } from '#kube/types.ts';
import { since } from '#kube/human-duration.ts';
import { column, type Printer } from './printer.ts';

/** upstream: pkg/printers/internalversion/printers.go, printEvent */
export const eventPrinter: Printer<Event> = {
  columns: [
    column('Last Seen', 'When the latest occurrence of this event was recorded.'),
    column('Type', 'Normal or Warning; more types may come.'),
    column('Reason', 'A short reason, fit for a machine, of what happened.'),
    column('Object', 'The object that this event is about.'),
    column('Subobject', 'The part of the object that this event is about.', { wide: true }),
    column('Source', 'The component that reports this event.', { wide: true }),
    column('Message', 'A description of what happened, for people.'),
    column('First Seen', 'When the event was first recorded.', { wide: true }),
    column('Count', 'How often this event has occurred.', { wide: true }),
    column('Name', 'Name is unique within a namespace and chosen when the object is created.', {
      format: 'name',
      wide: true,
    }),
  ],
  row(event, now) {
    const first = since(event.firstTimestamp ?? event.eventTime, now);
    const last = event.lastTimestamp ? since(event.lastTimestamp, now) : first;
    return {
      cells: [
        event.series ? since(event.series.lastObservedTime, now) : last,
        event.type ?? '',
        event.reason ?? '',
        targetText(event),
        event.involvedObject.fieldPath ?? '',
        sourceText(event),
        (event.message ?? '').trim(),
        first,
        countOf(event),
        event.metadata.name ?? '',
      ],
    };
  },
};

function countOf({ series, count = 0 }: Event): number {
  if (series) return series.count ?? 0;
  return count === 0 ? 1 : count;
}

function targetText({ involvedObject }: Event): string {
  const kind = (involvedObject.kind ?? '').toLowerCase();
  const name = involvedObject.name ?? '';
  return name === '' ? kind : `${kind}/${name}`;
}

/** upstream: formatEventSource, which falls back to who reports */
function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = firstOf(source?.component, reportingComponent);
  const host = firstOf(source?.host, reportingInstance);
  return host === '' ? component : `${component}, ${host}`;
}

function firstOf(one: string | undefined, other: string | undefined): string {
  return one === undefined || one === '' ? (other ?? '') : one;
}

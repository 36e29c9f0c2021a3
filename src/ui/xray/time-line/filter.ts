import { type TraceRecord, traceDetails } from '#base/trace-records.ts';
import {
  type EventKind,
  type Layer,
  type TraceEvent,
  subjectOf,
} from '#ui/xray/events/trace-event.ts';

/** What of the trace is to be seen. */
export interface EventFilter {
  /** Also what goes on by the clock, or is about no pod. */
  routine: boolean;
  /** A pod's uid; without one, of all. */
  pod?: string | undefined;
  kind?: EventKind | undefined;
  hiddenLayers: ReadonlySet<Layer>;
  /** Looked for in what an event is called, what it is about and what was told of it. */
  text: string;
}

/** What is told one by one, at some cost, is shown when it is asked for. */
export const noFilter: EventFilter = {
  routine: false,
  hiddenLayers: new Set(traceDetails),
  text: '',
};

/** Whether anything is hidden that is shown by default. */
export function isNarrowed({ pod, kind, hiddenLayers, text }: EventFilter): boolean {
  const hidden = [...hiddenLayers].some((layer) => !noFilter.hiddenLayers.has(layer));
  return pod !== undefined || kind !== undefined || hidden || text.trim() !== '';
}

export function matches(event: TraceEvent, filter: EventFilter): boolean {
  if (filter.hiddenLayers.has(event.layer)) return false;
  if (event.routine && !filter.routine && !isAskedFor(event, filter)) return false;
  if (filter.pod !== undefined && !isAbout(event, filter.pod)) return false;
  if (filter.kind !== undefined && event.kind !== filter.kind) return false;
  return contains(event, filter.text.trim().toLowerCase());
}

/** Who looks for a text, such as a number of a process, finds it wherever it is. */
function isAskedFor(event: TraceEvent, { text }: EventFilter): boolean {
  return text.trim() !== '' && contains(event, text.trim().toLowerCase());
}

function isAbout({ links, records }: TraceEvent, uid: string): boolean {
  if (links.pod?.uid === uid) return true;
  const [record] = records;
  return record?.kind === 'sync-loop' && record.pods.some((pod) => pod.uid === uid);
}

function contains(event: TraceEvent, text: string): boolean {
  if (text === '') return true;
  const { title, links } = event;
  const short = [title, subjectOf(links), links.sandboxId, links.containerId, links.pid];
  if (short.some((part) => part !== undefined && String(part).toLowerCase().includes(text)))
    return true;
  return event.records.some((record) => textOf(record).includes(text));
}

/** Records never change, and are searched with each letter that is typed. */
const texts = new WeakMap<TraceRecord, string>();

function textOf(record: TraceRecord): string {
  let text = texts.get(record);
  if (text === undefined) texts.set(record, (text = JSON.stringify(record).toLowerCase()));
  return text;
}

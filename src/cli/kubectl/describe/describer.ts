import { resourcePath, resources } from '#kube/resources.ts';
import { timeOf } from '#kube/time.ts';
import type { Event, ObjectMeta } from '#kube/types.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { isList, metadataOf, type AnyObject, type Info } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { since } from './times.ts';

export interface DescribeFacts {
  context: KubectlContext;
  info: Info;
  showEvents: boolean;
  /** Milliseconds of wall time that ages count from. */
  now: number;
}

/** Writes what there is to tell of an object. */
export type Describer = (
  writer: DescribeWriter,
  object: AnyObject,
  facts: DescribeFacts,
) => Promise<void> | void;

export function describeHead(
  writer: DescribeWriter,
  object: AnyObject,
  { namespaced = true }: { namespaced?: boolean } = {},
): ObjectMeta {
  const metadata = metadataOf(object);
  writer.field(0, 'Name', metadata.name ?? '');
  if (namespaced) writer.field(0, 'Namespace', metadata.namespace ?? '');
  writer.labels('Labels', metadata.labels);
  writer.annotations(metadata.annotations);
  return metadata;
}

export interface EventsAbout {
  namespace: string;
  name: string;
  kind?: string | undefined;
  uid?: string | undefined;
}

/** Every event about an object (describe.go, searchEvents); none if they cannot be read. */
export async function searchEvents(
  context: KubectlContext,
  { namespace, name, kind, uid }: EventsAbout,
): Promise<Event[]> {
  const fields = [
    `involvedObject.name=${name}`,
    `involvedObject.namespace=${namespace}`,
    ...(kind === undefined ? [] : [`involvedObject.kind=${kind}`]),
    ...(uid === undefined ? [] : [`involvedObject.uid=${uid}`]),
  ];
  // Events about what is in no namespace are in the default one.
  const path = resourcePath(resources.events, { namespace });
  const list = await requestJson(context, path, { query: { fieldSelector: fields.join(',') } });
  return isList(list) ? (list.items as unknown as Event[]) : [];
}

export async function describeEventsOf(
  writer: DescribeWriter,
  object: AnyObject,
  facts: DescribeFacts,
): Promise<void> {
  if (!facts.showEvents) return;
  const { name = '', namespace = '', uid } = metadataOf(object);
  const about = { namespace, name, kind: facts.info.resource.kind, uid };
  describeEvents(writer, await searchEvents(facts.context, about), facts.now);
}

/** describe.go, DescribeEvents */
export function describeEvents(
  writer: DescribeWriter,
  events: readonly Event[],
  now: number,
): void {
  if (events.length === 0) {
    writer.field(0, 'Events', '<none>');
    return;
  }
  writer.flush();
  writer.line(0, 'Events:');
  writer.line(1, 'Type\tReason\tAge\tFrom\tMessage');
  writer.line(1, '----\t------\t----\t----\t-------');
  const ordered = [...events].sort((one, other) => timeKey(one) - timeKey(other));
  for (const event of ordered) {
    const from = event.source?.component || (event.reportingComponent ?? '');
    const message = (event.message ?? '').trim();
    const { fieldPath } = event.involvedObject;
    const text = fieldPath ? `${fieldPath}: ${message}` : message;
    const cells = [event.type ?? '', event.reason ?? '', eventInterval(event, now), from, text];
    writer.line(1, cells.join('\t'));
  }
}

function timeKey({ lastTimestamp }: Event): number {
  return lastTimestamp ? timeOf(lastTimestamp) : -Infinity;
}

export function eventInterval(event: Event, now: number): string {
  const first = since(event.eventTime ?? event.firstTimestamp, now);
  const { series, count = 0 } = event;
  if (series) {
    return `${since(series.lastObservedTime, now)} (x${series.count ?? 0} over ${first})`;
  }
  return count > 1 ? `${since(event.lastTimestamp, now)} (x${count} over ${first})` : first;
}

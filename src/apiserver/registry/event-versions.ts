import type { Event, EventsV1Event } from '#kube/types.ts';
import type { StoredObject, Unstored } from './unstored.ts';

/** core/v1's names of the fields that events.k8s.io calls otherwise (upstream: pkg/apis/events/v1/conversion.go). */
const coreNames = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const;

/** Events are stored as core/v1's, whichever version wrote them. */
export function eventToCore(event: Unstored): Event & Unstored {
  const core = renamed(event, Object.entries(coreNames));
  return { involvedObject: {}, ...core, apiVersion: 'v1' } as Event & Unstored;
}

export function eventFromCore(event: StoredObject): EventsV1Event & StoredObject {
  const names = Object.entries(coreNames).map(([name, core]) => [core, name] as const);
  return { ...renamed(event, names), apiVersion: 'events.k8s.io/v1' } as EventsV1Event &
    StoredObject;
}

function renamed(
  object: object,
  names: readonly (readonly [from: string, to: string])[],
): Record<string, unknown> {
  const targets = new Map(names);
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [targets.get(key) ?? key, value as unknown]),
  );
}

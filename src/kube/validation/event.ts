import type { Event, EventsV1Event, ObjectReference } from '#kube/types.ts';
import { invalid, required, type FieldError } from './field-error.ts';
import { field } from './field-path.ts';
import { byteLength, isDNS1123Subdomain, isQualifiedName } from './names.ts';
import { invalidEach } from './labels.ts';
import {
  subdomainName,
  validateImmutable,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.ts';

/** Both groups' events as upstream's one internal type; messages name its fields. */
interface InternalEvent {
  namespace: string;
  involvedObject: ObjectReference;
  eventTime: string | null | undefined;
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  message: string;
}

const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

/** upstream: ValidateEventCreate for core/v1, which is legacyValidateEvent alone. */
export function validateEvent(event: Event): FieldError[] {
  return validateLegacy({
    namespace: event.metadata.namespace ?? '',
    involvedObject: event.involvedObject,
    eventTime: event.eventTime,
    reportingController: event.reportingComponent ?? '',
    reportingInstance: event.reportingInstance ?? '',
    action: event.action ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
  });
}

/** upstream: ValidateEventCreate for events.k8s.io/v1. */
export function validateEventsV1Event(event: EventsV1Event): FieldError[] {
  const { type = '', deprecatedSource } = event;
  const unset = (name: string, isSet: boolean) =>
    isSet ? [invalid(field(name), '', 'needs to be unset')] : [];
  return [
    ...validateLegacyV1(event),
    ...validateObjectMeta(event.metadata ?? {}, true, subdomainName, field('metadata')),
    ...validateSeries(event),
    ...(isSet(event.eventTime) ? [] : [required(field('eventTime'))]),
    ...(type === 'Normal' || type === 'Warning'
      ? []
      : [invalid(field('type'), '', `has invalid value: ${type}`)]),
    ...unset('firstTimestamp', isSet(event.deprecatedFirstTimestamp)),
    ...unset('lastTimestamp', isSet(event.deprecatedLastTimestamp)),
    ...unset('count', (event.deprecatedCount ?? 0) !== 0),
    ...unset('source', isSet(deprecatedSource?.component) || isSet(deprecatedSource?.host)),
  ];
}

/** Fields by their names in events.k8s.io, and as messages name them. */
const immutableFields = [
  ['regarding', 'involvedObject'],
  ['reason', 'reason'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
] as const;

export function validateEventsV1EventUpdate(
  next: EventsV1Event,
  previous: EventsV1Event,
): FieldError[] {
  return [
    ...validateLegacyV1(next),
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, field('metadata')),
    ...(JSON.stringify(next.series) === JSON.stringify(previous.series)
      ? []
      : validateSeries(next)),
    ...immutableFields.flatMap(([name, shown]) =>
      validateImmutable(next[name], previous[name], field(shown)),
    ),
  ];
}

function validateLegacyV1(event: EventsV1Event): FieldError[] {
  return validateLegacy({
    namespace: event.metadata?.namespace ?? '',
    involvedObject: event.regarding ?? {},
    eventTime: event.eventTime,
    reportingController: event.reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
    action: event.action ?? '',
    reason: event.reason ?? '',
    message: event.note ?? '',
  });
}

function isSet(value: string | null | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

function validateLegacy(event: InternalEvent): FieldError[] {
  return [
    ...validateEventNamespace(event),
    ...(isSet(event.eventTime) ? validateNewFields(event) : []),
    ...invalidEach(field('namespace'), event.namespace, isDNS1123Subdomain(event.namespace)),
  ];
}

function validateEventNamespace(event: InternalEvent): FieldError[] {
  const { namespace, involvedObject } = event;
  const involved = involvedObject.namespace ?? '';
  const allowed = isSet(event.eventTime)
    ? involved !== '' || namespace === 'default' || namespace === 'kube-system'
    : involved === ''
      ? namespace === '' || namespace === 'default'
      : namespace === involved;
  return allowed
    ? []
    : [invalid(field('involvedObject', 'namespace'), involved, 'does not match event.namespace')];
}

function validateNewFields(event: InternalEvent): FieldError[] {
  const controller = event.reportingController;
  const path = field('reportingController');
  return [
    ...(controller === '' ? [required(path)] : []),
    ...invalidEach(path, controller, isQualifiedName(controller)),
    ...(Object.keys(limits) as (keyof typeof limits)[]).flatMap((name) => {
      const value = event[name];
      const limit = limits[name];
      return [
        ...(value === '' && name !== 'message' ? [required(field(name))] : []),
        ...(byteLength(value) > limit
          ? [invalid(field(name), '', `can have at most ${limit} characters`)]
          : []),
      ];
    }),
  ];
}

function validateSeries({ series }: EventsV1Event): FieldError[] {
  if (!series) return [];
  return [
    ...(series.count < 2 ? [invalid(field('series.count'), '', 'should be at least 2')] : []),
    ...(isSet(series.lastObservedTime) ? [] : [required(field('series.lastObservedTime'))]),
  ];
}

import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import {
  FieldSelector,
  Selector,
  parseFieldSelector,
  parseLabelSelector,
} from '#kube/selectors.ts';
import { badRequest } from '#kube/status.ts';
import { fieldsOf } from '#apiserver/registry/strategy.ts';
import type { Served } from '#apiserver/registry/served.ts';
import type { StoredObject } from '#apiserver/registry/unstored.ts';
import type { ListOptions } from './options.ts';

export interface Selection {
  isEmpty: boolean;
  matches: (object: StoredObject) => boolean;
}

/** The objects that a list or watch asks for by labels, fields or the name in its path; throws 400. */
export function selectionOf(
  { registry, resource, collection }: Served,
  options: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
  name: string | undefined,
): Selection {
  const { strategy } = registry;
  const labels = parsedOr(parseLabelSelector, options.labelSelector, Selector.everything);
  const fields = parsedOr(parseFieldSelector, options.fieldSelector, FieldSelector.everything);
  const known = knownFields(collection);
  const toCore = resource.group === 'events.k8s.io' ? eventFields : {};
  const requirements = fields.requirements.map(({ field, operator, value }) => {
    const own = toCore[field] ?? field;
    const isKnown = known.includes(own);
    if (!isKnown) throw badRequest(strategy.unknownField?.(field) ?? unknownField(field));
    return { field: own, operator, value };
  });
  if (name !== undefined) requirements.push({ field: 'metadata.name', operator: '=', value: name });
  const selector = new FieldSelector(requirements);
  return {
    isEmpty: labels.isEmpty && selector.isEmpty,
    matches: (object) =>
      labels.matches(object.metadata.labels) &&
      (selector.isEmpty || selector.matches(fieldsOf(strategy, object))),
  };
}

function parsedOr<T>(parse: (text: string) => T, text: string, everything: T): T {
  if (text === '') return everything;
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof SandglassError) throw badRequest(thrown.message);
    throw thrown;
  }
}

function unknownField(label: string): string {
  return `${quote(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** events.k8s.io names the same fields otherwise (upstream: pkg/apis/events/v1/conversion.go). */
const eventFields: Readonly<Record<string, string>> = {
  'regarding.kind': 'involvedObject.kind',
  'regarding.namespace': 'involvedObject.namespace',
  'regarding.name': 'involvedObject.name',
  'regarding.uid': 'involvedObject.uid',
  'regarding.apiVersion': 'involvedObject.apiVersion',
  'regarding.resourceVersion': 'involvedObject.resourceVersion',
  'regarding.fieldPath': 'involvedObject.fieldPath',
  reportingController: 'reportingComponent',
};

const metaFields = ['metadata.name', 'metadata.namespace'];

/** upstream: AddFieldLabelConversions… in pkg/apis/core/v1/conversion.go */
const fieldsByCollection: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['name', 'status.phase'],
  secrets: ['type'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
};

function knownFields(collection: string): readonly string[] {
  return [...metaFields, ...(fieldsByCollection[collection] ?? [])];
}

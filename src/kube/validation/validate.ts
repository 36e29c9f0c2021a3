import type {
  Binding,
  ConfigMap,
  Event,
  EventsV1Event,
  KubeObject,
  Lease,
  Namespace,
  Node,
  Pod,
  RuntimeClass,
  Secret,
} from '#kube/types.ts';
import * as cluster from './cluster-kinds.ts';
import * as data from './data-kinds.ts';
import { validateEvent, validateEventsV1Event, validateEventsV1EventUpdate } from './event.ts';
import type { FieldError } from './field-error.ts';
import { validatePodStatusUpdate } from './pod-status.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validatePodCreate } from './pod.ts';

export type { FieldError } from './field-error.ts';
export { validateNamespaceFinalizeUpdate } from './cluster-kinds.ts';

/** The rules of one kind; the status is checked as a whole update where a kind has no rule of its own for it. */
interface Rules<T> {
  create: (object: T) => FieldError[];
  update: (next: T, previous: T) => FieldError[];
  status?: (next: T, previous: T) => FieldError[];
}

/** Forgets the kind, which the table's key says. */
function rules<T extends KubeObject>({ create, update, status }: Rules<T>): Rules<KubeObject> {
  return {
    create: (object) => create(object as T),
    update: (next, previous) => update(next as T, previous as T),
    status: (next, previous) => (status ?? update)(next as T, previous as T),
  };
}

const table: Readonly<Record<string, Rules<KubeObject>>> = {
  'v1/Pod': rules<Pod>({
    create: validatePodCreate,
    update: validatePodUpdate,
    status: validatePodStatusUpdate,
  }),
  'v1/Node': rules<Node>({ create: cluster.validateNode, update: cluster.validateNodeUpdate }),
  'v1/Namespace': rules<Namespace>({
    create: cluster.validateNamespace,
    update: cluster.validateNamespaceUpdate,
    status: cluster.validateNamespaceStatusUpdate,
  }),
  'v1/Binding': rules<Binding>({ create: cluster.validateBinding, update: () => [] }),
  'v1/ConfigMap': rules<ConfigMap>({
    create: data.validateConfigMap,
    update: data.validateConfigMapUpdate,
  }),
  'v1/Secret': rules<Secret>({ create: data.validateSecret, update: data.validateSecretUpdate }),
  'v1/Event': rules<Event>({ create: validateEvent, update: validateEvent }),
  'events.k8s.io/v1/Event': rules<EventsV1Event>({
    create: validateEventsV1Event,
    update: validateEventsV1EventUpdate,
  }),
  'coordination.k8s.io/v1/Lease': rules<Lease>({
    create: cluster.validateLease,
    update: cluster.validateLeaseUpdate,
  }),
  'node.k8s.io/v1/RuntimeClass': rules<RuntimeClass>({
    create: cluster.validateRuntimeClass,
    update: cluster.validateRuntimeClassUpdate,
  }),
};

function rulesOf({ apiVersion = '', kind = '' }: KubeObject): Rules<KubeObject> | undefined {
  return table[`${apiVersion}/${kind}`];
}

/** Of an object that is decoded, defaulted and named. */
export function validateCreate(object: KubeObject): FieldError[] {
  return rulesOf(object)?.create(object) ?? [];
}

export function validateUpdate(next: KubeObject, previous: KubeObject): FieldError[] {
  return rulesOf(next)?.update(next, previous) ?? [];
}

/** Of the subresource `status`. */
export function validateStatusUpdate(next: KubeObject, previous: KubeObject): FieldError[] {
  return rulesOf(next)?.status?.(next, previous) ?? [];
}

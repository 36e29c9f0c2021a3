import { semanticEqual } from '#kube/equality.ts';
import { groupResourceText, type Resource } from '#kube/resources.ts';
import type { Event, Namespace, Node, Pod, Secret } from '#kube/types.ts';
import { podQosClass } from '#kube/pod-qos.ts';
import type { Strategy } from './strategy.ts';
import type { StoredObject, Unstored } from './unstored.ts';

const notSupported = (label: string) => `field label not supported: ${label}`;

/** upstream: pkg/registry/core/pod/strategy.go */
const podStrategy: Strategy<Pod & Unstored> = {
  allowUnconditionalUpdate: true,
  returnsDeleted: true,
  prepareForCreate(pod) {
    pod.metadata.generation = 1;
    pod.status = { phase: 'Pending', qosClass: podQosClass(pod) };
  },
  prepareForUpdate(next, previous) {
    restore(next, 'status', previous.status);
    bumpGeneration(next, previous);
  },
  prepareForStatusUpdate(next, previous) {
    restore(next, 'spec', previous.spec);
    restore(next.metadata, 'ownerReferences', previous.metadata.ownerReferences);
    // Set once, when the pod is made.
    if (next.status && previous.status?.qosClass !== undefined) {
      next.status.qosClass ??= previous.status.qosClass;
    }
  },
  gracePeriod(pod, { gracePeriodSeconds }) {
    const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    // Nobody is there to end the pod but the server itself.
    if ((pod.spec?.nodeName ?? '') === '' || isOver) return 0;
    const period = gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 0;
    return period < 0 ? 1 : period;
  },
  fields: ({ spec, status }) => ({
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.restartPolicy': spec?.restartPolicy ?? '',
    'spec.schedulerName': spec?.schedulerName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec?.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIP ?? '',
    'status.podIPs': status?.podIP ?? '',
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  }),
  unknownField: notSupported,
};

/** upstream: pkg/registry/core/node/strategy.go */
const nodeStrategy: Strategy<Node & Unstored> = {
  allowUnconditionalUpdate: true,
  prepareForUpdate: (next, previous) => restore(next, 'status', previous.status),
  prepareForStatusUpdate: (next, previous) => restore(next, 'spec', previous.spec),
  fields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
  unknownField: notSupported,
};

export const namespaceFinalizer = 'kubernetes';

/** upstream: pkg/registry/core/namespace/strategy.go */
const namespaceStrategy: Strategy<Namespace & Unstored> = {
  allowUnconditionalUpdate: true,
  returnsDeleted: true,
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(namespaceFinalizer)) {
      namespace.spec = { finalizers: [...finalizers, namespaceFinalizer] };
    }
  },
  prepareForUpdate(next, previous) {
    restore(next, 'status', previous.status);
    restore(next, 'spec', previous.spec);
  },
  prepareForStatusUpdate: (next, previous) => restore(next, 'spec', previous.spec),
  terminate(object, now) {
    const namespace = object as StoredObject & Namespace;
    if ((namespace.spec?.finalizers ?? []).length === 0) return undefined;
    const { deletionTimestamp = now } = namespace.metadata;
    const status = { ...namespace.status, phase: 'Terminating' };
    return {
      ...namespace,
      metadata: { ...namespace.metadata, deletionTimestamp },
      status,
    } as StoredObject;
  },
  // pkg/registry/core/namespace/storage/storage.go, ShouldDeleteNamespaceDuringUpdate
  mayEnd: ({ spec }) => (spec?.finalizers ?? []).length === 0,
  fields: ({ metadata, status }) => ({
    name: metadata.name ?? '',
    'status.phase': status?.phase ?? '',
  }),
  unknownField: notSupported,
};

/** upstream: pkg/registry/core/secret/strategy.go */
const secretStrategy: Strategy<Secret & Unstored> = {
  allowUnconditionalUpdate: true,
  prepareForUpdate(next, previous) {
    if ((next.type ?? '') === '' && previous.type !== undefined) next.type = previous.type;
  },
  fields: ({ type }) => ({ type: type ?? '' }),
  unknownField: notSupported,
};

/** upstream: pkg/registry/core/event/strategy.go */
const eventStrategy: Strategy<Event & Unstored> = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  fields: ({ involvedObject, reason, reportingComponent, source, type }) => ({
    'involvedObject.kind': involvedObject.kind ?? '',
    'involvedObject.namespace': involvedObject.namespace ?? '',
    'involvedObject.name': involvedObject.name ?? '',
    'involvedObject.uid': involvedObject.uid ?? '',
    'involvedObject.apiVersion': involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': involvedObject.fieldPath ?? '',
    reason: reason ?? '',
    reportingComponent: reportingComponent ?? '',
    source: source?.component ?? reportingComponent ?? '',
    type: type ?? '',
  }),
  unknownField: notSupported,
};

const plainStrategy: Strategy = { allowUnconditionalUpdate: true };
const leaseStrategy: Strategy = { allowCreateOnUpdate: true };
const conditionalStrategy: Strategy = {};

const strategies: Readonly<Record<string, Strategy<never>>> = {
  pods: podStrategy,
  nodes: nodeStrategy,
  namespaces: namespaceStrategy,
  secrets: secretStrategy,
  events: eventStrategy,
  'events.events.k8s.io': eventStrategy,
  configmaps: plainStrategy,
  'leases.coordination.k8s.io': leaseStrategy,
  'runtimeclasses.node.k8s.io': conditionalStrategy,
};

export function strategyOf(resource: Resource): Strategy {
  return (strategies[groupResourceText(resource)] ?? conditionalStrategy) as Strategy;
}

/** Puts back what this way of writing may not change. */
function restore<T extends object, K extends keyof T>(
  target: T,
  key: K,
  value: T[K] | undefined,
): void {
  if (value === undefined) Reflect.deleteProperty(target, key);
  else target[key] = value;
}

/** A pod's generation counts the changes of its spec (upstream: podutil.UpdatePodGeneration). */
function bumpGeneration(next: Pod & Unstored, previous: Pod & Unstored): void {
  const generation = previous.metadata.generation ?? 0;
  const isSame = semanticEqual(next.spec, previous.spec);
  next.metadata.generation = isSame ? generation : generation + 1;
}

import type {
  Binding,
  ConfigMap,
  Event,
  EventsV1Event,
  KubeObject,
  Lease,
  Namespace,
  Node,
  NodeMetrics,
  Pod,
  PodMetrics,
  RuntimeClass,
  Secret,
} from './types.ts';

export interface GroupVersion {
  /** Empty for the core group. */
  group: string;
  version: string;
}

export interface GroupVersionKind extends GroupVersion {
  kind: string;
}

export interface GroupResource {
  group: string;
  resource: string;
}

export type Verb =
  'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export interface Subresource {
  /** After the slash, such as `status`. */
  name: string;
  verbs: readonly Verb[];
  /** Of what is sent and answered, where it is not the resource's own. */
  kind: GroupVersionKind;
}

/** A resource as discovery lists it. The type parameter is what its objects are; nothing holds it at run time. */
export interface Resource<out T extends KubeObject = KubeObject> extends GroupVersion {
  resource: string;
  singular: string;
  kind: string;
  listKind: string;
  /** Name in schema/definitions.json, which is the kind but for events.k8s.io's Event. */
  definition: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly Verb[];
  subresources: readonly Subresource[];
  readonly objectType?: T;
}

const everyVerb: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
/** Namespaces are deleted one by one (upstream: pkg/registry/core/namespace/storage). */
const namespaceVerbs = everyVerb.filter((verb) => verb !== 'deletecollection');
const readVerbs: readonly Verb[] = ['get', 'list'];

interface ResourceFacts {
  group?: string;
  version?: string;
  definition?: string;
  namespaced?: boolean;
  shortNames?: readonly string[];
  categories?: readonly string[];
  verbs?: readonly Verb[];
  subresources?: readonly Subresource[];
  singular?: string;
}

function define<T extends KubeObject>(
  resource: string,
  kind: string,
  facts: ResourceFacts = {},
): Resource<T> {
  return {
    group: '',
    version: 'v1',
    resource,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    definition: kind,
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: everyVerb,
    subresources: [],
    ...facts,
  };
}

function subresource(name: string, kind: string, verbs: readonly Verb[]): Subresource {
  return { name, kind: { group: '', version: 'v1', kind }, verbs };
}

const statusVerbs: readonly Verb[] = ['get', 'patch', 'update'];

/** Everything the API server serves; short names and categories as upstream's registries (pkg/registry/…/storage). */
export const resources = {
  bindings: define<Binding>('bindings', 'Binding', { verbs: ['create'] }),
  configMaps: define<ConfigMap>('configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  events: define<Event>('events', 'Event', { shortNames: ['ev'] }),
  namespaces: define<Namespace>('namespaces', 'Namespace', {
    namespaced: false,
    shortNames: ['ns'],
    verbs: namespaceVerbs,
    subresources: [
      subresource('finalize', 'Namespace', ['update']),
      subresource('status', 'Namespace', statusVerbs),
    ],
  }),
  nodes: define<Node>('nodes', 'Node', {
    namespaced: false,
    shortNames: ['no'],
    subresources: [subresource('status', 'Node', statusVerbs)],
  }),
  pods: define<Pod>('pods', 'Pod', {
    shortNames: ['po'],
    categories: ['all'],
    subresources: [
      subresource('attach', 'PodAttachOptions', ['create', 'get']),
      subresource('binding', 'Binding', ['create']),
      subresource('exec', 'PodExecOptions', ['create', 'get']),
      subresource('log', 'Pod', ['get']),
      subresource('portforward', 'PodPortForwardOptions', ['create', 'get']),
      subresource('status', 'Pod', statusVerbs),
    ],
  }),
  secrets: define<Secret>('secrets', 'Secret'),
  leases: define<Lease>('leases', 'Lease', { group: 'coordination.k8s.io' }),
  eventsV1: define<EventsV1Event>('events', 'Event', {
    group: 'events.k8s.io',
    definition: 'EventsV1Event',
    shortNames: ['ev'],
  }),
  runtimeClasses: define<RuntimeClass>('runtimeclasses', 'RuntimeClass', {
    group: 'node.k8s.io',
    namespaced: false,
  }),
  // metrics-server answers with an empty singular name, kubectl then falls back to the kind.
  nodeMetrics: define<NodeMetrics>('nodes', 'NodeMetrics', {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    namespaced: false,
    singular: '',
    verbs: readVerbs,
  }),
  podMetrics: define<PodMetrics>('pods', 'PodMetrics', {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    singular: '',
    verbs: readVerbs,
  }),
} as const;

export const allResources: readonly Resource[] = Object.values(resources);

/** `v1`, `node.k8s.io/v1`: what objects carry as `apiVersion`. */
export function apiVersionOf({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`;
}

export function parseApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function resourceByPath(
  group: string,
  version: string,
  resource: string,
): Resource | undefined {
  return allResources.find(
    (one) => one.group === group && one.version === version && one.resource === resource,
  );
}

export function resourceByKind(apiVersion: string, kind: string): Resource | undefined {
  return allResources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
}

export function resourceByListKind(apiVersion: string, kind: string): Resource | undefined {
  return allResources.find((one) => one.listKind === kind && apiVersionOf(one) === apiVersion);
}

/** `pods`, `leases.coordination.k8s.io`: how messages name a resource. */
export function groupResourceText({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export interface ObjectPath {
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: string | undefined;
}

/** The URL path of a collection, an object or a subresource. */
export function resourcePath(resource: Resource, path: ObjectPath = {}): string {
  const { group, version } = resource;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (resource.namespaced && path.namespace !== undefined && path.namespace !== '') {
    parts.push('namespaces', path.namespace);
  }
  parts.push(resource.resource);
  if (path.name !== undefined) parts.push(path.name);
  if (path.subresource !== undefined) parts.push(path.subresource);
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

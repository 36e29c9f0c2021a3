/** What the client package's models do not say. Facts after kubernetes/api and kubernetes/apimachinery, 1.36. */

/**
 * Field types in Go's notation (`[]Container`, `map[string]quantity`, `int32`); `*` before a plain
 * type whose zero is kept, `!` after what OpenAPI requires, `=` after what is written even if empty.
 */
export interface Definition {
  /** Of the OpenAPI definition's name, such as `io.k8s.api.core.v1`. */
  package: string;
  fields: Record<string, string>;
}

/** Everything served, sent or embedded; what they refer to follows. */
export const rootModels = [
  'V1Namespace',
  'V1NamespaceList',
  'V1Node',
  'V1NodeList',
  'V1Pod',
  'V1PodList',
  'V1Binding',
  'CoreV1Event',
  'CoreV1EventList',
  'EventsV1Event',
  'EventsV1EventList',
  'V1ConfigMap',
  'V1ConfigMapList',
  'V1Secret',
  'V1SecretList',
  'V1Lease',
  'V1LeaseList',
  'V1RuntimeClass',
  'V1RuntimeClassList',
  'V1Status',
  'V1DeleteOptions',
  'V1APIResourceList',
  'V1APIGroup',
  'V1APIGroupList',
  'V1APIVersions',
  'V1WatchEvent',
];

/** Definitions outside io.k8s.api.core.v1. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.coordination.v1': ['Lease', 'LeaseList', 'LeaseSpec'],
  'io.k8s.api.events.v1': ['EventsV1Event', 'EventsV1EventList', 'EventsV1EventSeries'],
  'io.k8s.api.node.v1': ['RuntimeClass', 'RuntimeClassList', 'Overhead', 'Scheduling'],
  'io.k8s.apimachinery.pkg.apis.meta.v1': [
    'APIGroup',
    'APIGroupList',
    'APIResource',
    'APIResourceList',
    'APIVersions',
    'DeleteOptions',
    'GroupVersionForDiscovery',
    'LabelSelector',
    'LabelSelectorRequirement',
    'ListMeta',
    'ManagedFieldsEntry',
    'ObjectMeta',
    'OwnerReference',
    'Preconditions',
    'ServerAddressByClientCIDR',
    'ShardInfo',
    'Status',
    'StatusCause',
    'StatusDetails',
    'WatchEvent',
  ],
};

/** resource.Quantity in Go, a plain string in the models. */
export const quantityFields: ReadonlySet<string> = new Set([
  'ContainerStatus.allocatedResources',
  'EmptyDirVolumeSource.sizeLimit',
  'NodeAllocatableResourceClaimStatus.resources',
  'NodeStatus.allocatable',
  'NodeStatus.capacity',
  'Overhead.podFixed',
  'PodSpec.overhead',
  'PodStatus.allocatedResources',
  'ResourceFieldSelector.divisor',
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
]);

interface HandWritten {
  name: string;
  definition: Definition;
  texts: Record<string, string>;
}

const metrics = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

function list(name: string, item: string, packageName: string): HandWritten {
  return {
    name,
    definition: {
      package: packageName,
      fields: { apiVersion: 'string', items: `[]${item}!=`, kind: 'string', metadata: 'ListMeta=' },
    },
    texts: { '': `${name} is a list of ${item}.`, items: `List of ${item}.` },
  };
}

/** Kinds that the package has no model of: metrics.k8s.io (kubernetes/metrics) and Table. */
export const handWritten: readonly HandWritten[] = [
  {
    name: 'NodeMetrics',
    definition: {
      package: metrics,
      fields: {
        apiVersion: 'string',
        kind: 'string',
        metadata: 'ObjectMeta=',
        timestamp: 'time!=',
        usage: 'map[string]quantity!=',
        window: 'string!=',
      },
    },
    texts: {
      '': 'NodeMetrics are the resource usage metrics of a node.',
      timestamp: 'The end of the interval that the metrics were collected from.',
      usage: 'The resource usage of the whole node.',
      window: 'The length of the interval that the metrics were collected from.',
    },
  },
  list('NodeMetricsList', 'NodeMetrics', metrics),
  {
    name: 'ContainerMetrics',
    definition: { package: metrics, fields: { name: 'string!=', usage: 'map[string]quantity!=' } },
    texts: {
      '': 'ContainerMetrics are the resource usage metrics of a container.',
      name: "The container's name, as in pod.spec.containers.",
      usage: 'The resource usage of this container.',
    },
  },
  {
    name: 'PodMetrics',
    definition: {
      package: metrics,
      fields: {
        apiVersion: 'string',
        containers: '[]ContainerMetrics!=',
        kind: 'string',
        metadata: 'ObjectMeta=',
        timestamp: 'time!=',
        window: 'string!=',
      },
    },
    texts: {
      '': 'PodMetrics are the resource usage metrics of a pod.',
      containers: 'Metrics of every container, collected in the same interval.',
      timestamp: 'The end of the interval that the metrics were collected from.',
      window: 'The length of the interval that the metrics were collected from.',
    },
  },
  list('PodMetricsList', 'PodMetrics', metrics),
  {
    name: 'Table',
    definition: {
      package: meta,
      fields: {
        apiVersion: 'string',
        columnDefinitions: '[]TableColumnDefinition!=',
        kind: 'string',
        metadata: 'ListMeta=',
        rows: '[]TableRow!=',
      },
    },
    texts: { '': 'Table is a list of objects as the server would have them printed.' },
  },
  {
    name: 'TableColumnDefinition',
    definition: {
      package: meta,
      fields: {
        description: 'string!=',
        format: 'string!=',
        name: 'string!=',
        priority: 'int32!=',
        type: 'string!=',
      },
    },
    texts: { '': 'TableColumnDefinition says what a column of a Table holds.' },
  },
  {
    name: 'TableRow',
    definition: {
      package: meta,
      fields: { cells: '[]any!=', conditions: '[]TableRowCondition', object: 'any' },
    },
    texts: { '': 'TableRow is one row of a Table.' },
  },
  {
    name: 'TableRowCondition',
    definition: {
      package: meta,
      fields: { message: 'string', reason: 'string', status: 'string!=', type: 'string!=' },
    },
    texts: { '': 'TableRowCondition says how to mark a row, such as one that is Completed.' },
  },
];

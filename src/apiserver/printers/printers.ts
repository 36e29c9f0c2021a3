import { parseQuantity } from '#kube/quantity.ts';
import type {
  ConfigMap,
  KubeObject,
  Lease,
  Namespace,
  NodeMetrics,
  PodMetrics,
  RuntimeClass,
  Secret,
} from '#kube/types.ts';
import { eventPrinter } from './event-printer.ts';
import { since } from '#kube/human-duration.ts';
import { nodePrinter } from './node-printer.ts';
import { podPrinter } from './pod-printer.ts';
import { ageColumn, column, nameColumn, type Printer } from './printer.ts';

const namespacePrinter: Printer<Namespace> = {
  columns: [nameColumn, column('Status', 'The status of the namespace'), ageColumn],
  row: ({ metadata, status }, now) => ({
    cells: [metadata?.name ?? '', status?.phase ?? '', since(metadata?.creationTimestamp, now)],
  }),
};

const secretPrinter: Printer<Secret> = {
  columns: [
    nameColumn,
    column('Type', 'Who may make sense of the data.'),
    column('Data', 'The number of entries.'),
    ageColumn,
  ],
  row: ({ metadata, type, data }, now) => ({
    cells: [
      metadata?.name ?? '',
      type ?? '',
      Object.keys(data ?? {}).length,
      since(metadata?.creationTimestamp, now),
    ],
  }),
};

const configMapPrinter: Printer<ConfigMap> = {
  columns: [nameColumn, column('Data', 'The number of entries.'), ageColumn],
  row: ({ metadata, data, binaryData }, now) => ({
    cells: [
      metadata?.name ?? '',
      Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
      since(metadata?.creationTimestamp, now),
    ],
  }),
};

const leasePrinter: Printer<Lease> = {
  columns: [nameColumn, column('Holder', 'Who holds the lease.'), ageColumn],
  row: ({ metadata, spec }, now) => ({
    cells: [
      metadata?.name ?? '',
      spec?.holderIdentity ?? '',
      since(metadata?.creationTimestamp, now),
    ],
  }),
};

const runtimeClassPrinter: Printer<RuntimeClass> = {
  columns: [nameColumn, column('Handler', 'The runtime that runs pods of this class.'), ageColumn],
  row: ({ metadata, handler }, now) => ({
    cells: [metadata?.name ?? '', handler, since(metadata?.creationTimestamp, now)],
  }),
};

/** metrics-server has no printers of its own; these are its table's columns. */
const metricsColumns = [
  nameColumn,
  column('cpu', 'CPU use in cores.'),
  column('memory', 'Memory in the working set.'),
  column('Window', 'The time over which it was measured.'),
];

const nodeMetricsPrinter: Printer<NodeMetrics> = {
  columns: metricsColumns,
  row: ({ metadata, usage, window }) => ({
    cells: [metadata?.name ?? '', usage['cpu'] ?? '', usage['memory'] ?? '', window],
  }),
};

const podMetricsPrinter: Printer<PodMetrics> = {
  columns: metricsColumns,
  row: ({ metadata, containers, window }) => {
    const total = (resource: string) =>
      containers
        .map(({ usage }) => parseQuantity(usage[resource] ?? '0'))
        .reduce((sum, quantity) => sum.add(quantity), parseQuantity('0'))
        .toString();
    return { cells: [metadata?.name ?? '', total('cpu'), total('memory'), window] };
  },
};

/** upstream: apiserver/pkg/registry/rest/table.go, for what has no printer */
const defaultPrinter: Printer<KubeObject> = {
  columns: [nameColumn, column('Created At', 'When the server created the object.')],
  row: ({ metadata }) => ({
    cells: [metadata?.name ?? '', metadata?.creationTimestamp ?? ''],
  }),
};

const printers: Readonly<Record<string, Printer<never>>> = {
  Pod: podPrinter,
  Node: nodePrinter,
  Event: eventPrinter,
  Namespace: namespacePrinter,
  Secret: secretPrinter,
  ConfigMap: configMapPrinter,
  Lease: leasePrinter,
  RuntimeClass: runtimeClassPrinter,
  NodeMetrics: nodeMetricsPrinter,
  PodMetrics: podMetricsPrinter,
};

/** By kind; events of events.k8s.io are printed from their core form. */
export function printerOf(kind: string): Printer<KubeObject> {
  return (printers[kind] ?? defaultPrinter) as Printer<KubeObject>;
}

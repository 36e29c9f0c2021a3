import { apiVersionOf, resources, type Resource } from '#kube/resources.ts';
import { notFound } from '#kube/status.ts';
import { formatTime, timeOf } from '#kube/time.ts';
import type { KubeList, KubeObject, NodeMetrics, PodMetrics } from '#kube/types.ts';
import type { StoredObject } from '#apiserver/registry/unstored.ts';
import { answer } from '#apiserver/rest/answers.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';
import { convert, tableOptions } from '#apiserver/rest/convert.ts';
import type { Scope } from '#apiserver/rest/scope.ts';
import { listOptions } from '#apiserver/rest/options.ts';
import { selectionOf } from '#apiserver/rest/selection.ts';
import type { CpuStats, MemoryStats, PodStats, StatsSummary } from './stats-summary.ts';

/** Over this time kubelets measure the use of CPU; their summary does not tell it. */
const windowText = '10s';

type MetricsScope = Pick<Scope, 'request' | 'url' | 'query' | 'path' | 'output'>;

/** metrics.k8s.io, from the kubelets' summaries, asked for at the time (upstream: metrics-server). */
export async function serveMetrics(context: ApiContext, scope: MetricsScope): Promise<Response> {
  const { path, query, output, request } = scope;
  const isPods = path.resource === (resources.podMetrics as Resource);
  const objects = objectsOf(context, scope, isPods ? resources.pods : resources.nodes);
  const summaries = await summariesOf(context, objects, isPods, request.signal);
  const metrics = isPods
    ? objects.flatMap((pod) => podMetrics(pod, summaries) ?? [])
    : objects.flatMap((node) => nodeMetrics(node, summaries) ?? []);
  const value = path.name === undefined ? listOf(path.resource, metrics) : one(scope, metrics);
  const shown = convert(value, output.conversion, tableOptions(query), context.clock.wallTime());
  return answer(200, shown, output);
}

/** The pods or nodes that are asked for. */
function objectsOf(
  context: ApiContext,
  { path, query }: MetricsScope,
  resource: Resource,
): StoredObject[] {
  const served = context.served.get(resource);
  if (!served) return [];
  const options = path.name === undefined ? listOptions(query) : noSelectors;
  const selection = selectionOf(served, options, path.name);
  const prefix = path.namespace === undefined ? '' : `${path.namespace}/`;
  return context.store
    .list(served.collection, prefix)
    .map(({ object }) => object)
    .filter(selection.matches);
}

const noSelectors = { labelSelector: '', fieldSelector: '' };

async function summariesOf(
  context: ApiContext,
  objects: readonly StoredObject[],
  arePods: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StatsSummary>> {
  const nodeOf = (object: StoredObject) =>
    arePods
      ? ((object as { spec?: { nodeName?: string } }).spec?.nodeName ?? '')
      : object.metadata.name;
  const names = [...new Set(objects.map(nodeOf))].filter((name) => name !== '');
  const found = await Promise.all(
    names.map(async (name) => {
      const response = await context
        .kubelet(name)
        ?.fetch(new Request(`http://${name}/stats/summary`, { signal }));
      // A node that cannot be asked has no metrics, as upstream's next scrape would have none.
      if (!response?.ok) return undefined;
      return [name, (await response.json()) as StatsSummary] as const;
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

function nodeMetrics(
  node: StoredObject,
  summaries: ReadonlyMap<string, StatsSummary>,
): NodeMetrics | undefined {
  const stats = summaries.get(node.metadata.name)?.node;
  const usage = usageOf(stats?.cpu, stats?.memory);
  if (!usage) return undefined;
  return { ...headOf(resources.nodeMetrics, node), ...usage, window: windowText };
}

function podMetrics(
  pod: StoredObject,
  summaries: ReadonlyMap<string, StatsSummary>,
): PodMetrics | undefined {
  const stats = statsOfPod(pod, summaries);
  const measured = (stats?.containers ?? []).map(({ name, cpu, memory }) => ({
    name,
    measured: usageOf(cpu, memory),
  }));
  const times = measured.flatMap((one) => (one.measured ? [timeOf(one.measured.timestamp)] : []));
  // metrics-server leaves out a pod of which it knows not all containers.
  if (measured.length === 0 || times.length < measured.length) return undefined;
  return {
    ...headOf(resources.podMetrics, pod),
    timestamp: formatTime(Math.min(...times)),
    window: windowText,
    containers: measured.map((one) => ({ name: one.name, usage: one.measured?.usage ?? {} })),
  };
}

function statsOfPod(
  pod: StoredObject,
  summaries: ReadonlyMap<string, StatsSummary>,
): PodStats | undefined {
  for (const { pods = [] } of summaries.values()) {
    const found = pods.find(({ podRef }) => podRef.uid === pod.metadata.uid);
    if (found) return found;
  }
  return undefined;
}

function usageOf(
  cpu: CpuStats | undefined,
  memory: MemoryStats | undefined,
): { timestamp: string; usage: Record<string, string> } | undefined {
  if (cpu?.usageNanoCores === undefined || memory?.workingSetBytes === undefined) return undefined;
  return {
    timestamp: formatTime(timeOf(cpu.time)),
    usage: {
      cpu: `${cpu.usageNanoCores}n`,
      memory: `${Math.floor(memory.workingSetBytes / 1024)}Ki`,
    },
  };
}

function headOf(resource: Resource, { metadata }: StoredObject) {
  const { name, namespace, labels, creationTimestamp } = metadata;
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    },
  };
}

function listOf(resource: Resource, items: readonly KubeObject[]): KubeList {
  return {
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata: {},
    items: [...items],
  };
}

/** upstream: metrics-server, pkg/api/pod.go and node.go */
function one({ path }: MetricsScope, metrics: readonly KubeObject[]): KubeObject {
  const [found] = metrics;
  if (found) return found;
  const { group, kind } = path.resource;
  const name = [path.namespace, path.name].filter((part) => part !== undefined).join('/');
  throw notFound({ group, resource: kind.toLowerCase() }, name);
}

import { parseQuantity, quantityOf, Quantity } from '#kube/quantity.ts';
import { resourcePath, resources } from '#kube/resources.ts';
import type { Node, NodeMetrics, PodMetrics } from '#kube/types.ts';
import { bool, string } from '#cli/command/flags.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { allNamespacesFlag, fieldSelectorFlag, selectorFlag } from '#cli/kubectl/common-flags.ts';
import { completeNodes, completePods } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { isList, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { formatDuration } from '#kube/go-duration.ts';
import { timeOf } from '#kube/time.ts';
import { aligned, tableOptions } from '#cli/text/tab-writer.ts';
import { compareText } from '#cli/text/json.ts';

const topFlags = {
  ...selectorFlag,
  'no-headers': bool('Leave out the headers.'),
  'show-swap': bool('Show swap too; the node has none.'),
  'sort-by': string("Order of the list: 'cpu' or 'memory'; by name if left out."),
  'use-protocol-buffers': bool('Ask for protocol buffers; JSON is spoken here.', { initial: true }),
};

type Usage = Readonly<Record<string, string>>;

const measured = ['cpu', 'memory'] as const;

/** Each followed by a tab, as upstream's printer has it (kubectl, pkg/metricsutil/metrics_printer.go). */
function row(cells: readonly string[]): string {
  return `${cells.map((cell) => `${cell}\t`).join('')}\n`;
}

function usageText(name: (typeof measured)[number], usage: Usage): string {
  const amount = quantityOf(usage, name);
  return name === 'cpu'
    ? `${amount.milliValue()}m`
    : `${Math.trunc(amount.value() / (1024 * 1024))}Mi`;
}

function checkSort(field: string): void {
  if (!['', 'cpu', 'memory'].includes(field)) {
    throw failure('--sort-by accepts only cpu or memory');
  }
}

/** By name, or the greatest use first. */
function ordered<T>(
  items: readonly T[],
  field: string,
  { nameOf, usageOf }: { nameOf: (item: T) => string; usageOf: (item: T) => Usage },
): T[] {
  return [...items].sort((one, other) => {
    if (field === '') return compareText(nameOf(one), nameOf(other));
    return quantityOf(usageOf(other), field).compare(quantityOf(usageOf(one), field));
  });
}

async function listOf<T>(
  context: KubectlContext,
  path: string,
  name: string | undefined,
  query: Record<string, string | undefined> = {},
): Promise<T[]> {
  if (name !== undefined) {
    const one = await requestJson(context, `${path}/${encodeURIComponent(name)}`);
    return [one as unknown as T];
  }
  const list: AnyObject = await requestJson(context, path, { query });
  return isList(list) ? (list.items as unknown as T[]) : [];
}

async function requireMetrics({ discovery }: KubectlContext): Promise<void> {
  const versions = await discovery.versions();
  if (!versions.includes('metrics.k8s.io/v1beta1')) throw failure('Metrics API not available');
}

const nodeFlags = {
  ...topFlags,
  'show-capacity': bool('Compare with all that the node has, not with what pods may have.'),
};

const topNode = kubectlCommand({
  name: 'node',
  aliases: ['nodes', 'no'],
  use: '[NAME | -l label]',
  short: 'Display resource (CPU/memory) usage of nodes',
  examples: [['All nodes', 'kubectl top node']],
  flags: nodeFlags,
  complete: completeNodes,
  async run(call: Call<KubectlContext, typeof nodeFlags>) {
    const { context, flags, args, path } = call;
    if (args.length > 1) throw usageError(path, 'node [NAME | -l label]');
    checkSort(flags['sort-by']);
    const [name] = args;
    if (name !== undefined && flags.selector !== '') {
      throw failure('only one of NAME or --selector can be provided');
    }
    await requireMetrics(context);
    const query = { labelSelector: flags.selector || undefined };
    const metrics = await listOf<NodeMetrics>(
      context,
      resourcePath(resources.nodeMetrics),
      name,
      query,
    );
    if (metrics.length === 0) throw failure('metrics not available yet');
    const nodes = await listOf<Node>(context, resourcePath(resources.nodes), name, query);
    await context.out.write(nodeTable(metrics, nodes, flags));
  },
});

function nodeTable(
  metrics: readonly NodeMetrics[],
  nodes: readonly Node[],
  flags: { 'no-headers': boolean; 'sort-by': string; 'show-capacity': boolean },
): string {
  const headers = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];
  const nameOf = ({ metadata }: NodeMetrics) => metadata?.name ?? '';
  const sortedMetrics = ordered(metrics, flags['sort-by'], {
    nameOf,
    usageOf: ({ usage }) => usage,
  });
  const rows = sortedMetrics.map((one) => {
    const node = nodes.find(({ metadata }) => metadata?.name === nameOf(one));
    const { status } = node ?? {};
    const available = flags['show-capacity'] ? status?.capacity : status?.allocatable;
    const cells = measured.flatMap((name) => {
      const text = usageText(name, one.usage);
      const whole = quantityOf(available, name).milliValue();
      const share = whole === 0 ? 0 : (quantityOf(one.usage, name).milliValue() / whole) * 100;
      return available?.[name] === undefined ? [text] : [text, `${Math.trunc(share)}%`];
    });
    return [nameOf(one), ...cells];
  });
  const unmeasured = nodes
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((name) => !metrics.some((one) => nameOf(one) === name))
    .map((name) => [name, ...measured.flatMap(() => ['<unknown>', '<unknown>'])]);
  const lines = [...(flags['no-headers'] ? [] : [headers]), ...rows, ...unmeasured];
  return aligned(lines.map(row).join(''), tableOptions);
}

const podFlags = {
  ...topFlags,
  ...fieldSelectorFlag,
  ...allNamespacesFlag,
  containers: bool('Of each container.'),
  sum: bool('Add it all up.'),
};

const topPod = kubectlCommand({
  name: 'pod',
  aliases: ['pods', 'po'],
  use: '[NAME | -l label]',
  short: 'Display resource (CPU/memory) usage of pods',
  examples: [
    ['All pods of the namespace', 'kubectl top pod'],
    ['The containers of a pod', 'kubectl top pod web --containers'],
  ],
  flags: podFlags,
  complete: completePods,
  async run(call: Call<KubectlContext, typeof podFlags>) {
    const { context, flags, args, path } = call;
    if (args.length > 1) throw usageError(path, 'pod [NAME | -l label]');
    checkSort(flags['sort-by']);
    const [name] = args;
    if (name !== undefined && (flags.selector !== '' || flags['field-selector'] !== '')) {
      throw failure('only one of NAME or selector can be provided');
    }
    await requireMetrics(context);
    const { name: current } = await context.namespace();
    const namespace = flags['all-namespaces'] ? '' : current;
    const metrics = await listOf<PodMetrics>(
      context,
      resourcePath(resources.podMetrics, { namespace }),
      name,
      {
        labelSelector: flags.selector || undefined,
        fieldSelector: flags['field-selector'] || undefined,
      },
    );
    if (metrics.length === 0) {
      await refuseUnmeasured(call, namespace);
      return;
    }
    await context.out.write(podTable(metrics, flags));
  },
});

/** Pods that are there but not measured yet are a failure; no pods are none. */
async function refuseUnmeasured(
  { context, flags }: Call<KubectlContext, typeof podFlags>,
  namespace: string,
): Promise<void> {
  const pods = await listOf<AnyObject>(
    context,
    resourcePath(resources.pods, { namespace }),
    undefined,
    {
      labelSelector: flags.selector || undefined,
      fieldSelector: flags['field-selector'] || undefined,
    },
  );
  for (const pod of pods) checkAge(pod, context.clock.wallTime());
  if (pods.length > 0) throw failure('metrics not available yet');
  await context.err.line(
    namespace === '' ? 'No resources found' : `No resources found in ${namespace} namespace.`,
  );
}

/** After two minutes it is no longer a matter of waiting (top_pod.go, checkPodAge). */
const metricsDelay = 2 * 60_000;

function checkAge({ metadata }: AnyObject, now: number): void {
  const { namespace = '', name = '', creationTimestamp } = metadata ?? {};
  const age = now - timeOf(creationTimestamp);
  if (age <= metricsDelay) return;
  throw failure(`Metrics not available for pod ${namespace}/${name}, age: ${formatDuration(age)}`);
}

function podTable(
  metrics: readonly PodMetrics[],
  flags: {
    'no-headers': boolean;
    'sort-by': string;
    'all-namespaces': boolean;
    containers: boolean;
    sum: boolean;
  },
): string {
  const withNamespace = flags['all-namespaces'];
  const headers = [
    ...(withNamespace ? ['NAMESPACE'] : []),
    ...(flags.containers ? ['POD'] : []),
    ...['NAME', 'CPU(cores)', 'MEMORY(bytes)'],
  ];
  const pods = ordered(metrics, flags['sort-by'], {
    nameOf: ({ metadata }) => `${withNamespace ? metadata?.namespace : ''}\0${metadata?.name}`,
    usageOf: totalOf,
  });
  const rows = pods.flatMap((pod) => {
    const { name = '', namespace = '' } = pod.metadata ?? {};
    const before = withNamespace ? [namespace] : [];
    if (!flags.containers) return [[...before, name, ...usageCells(totalOf(pod))]];
    const containers = ordered(pod.containers, flags['sort-by'], {
      nameOf: (container) => container.name,
      usageOf: ({ usage }) => usage,
    });
    return containers.map((one) => [...before, name, one.name, ...usageCells(one.usage)]);
  });
  const width = flags['no-headers'] ? 3 : headers.length;
  const total = addUsages(metrics.map(totalOf));
  const sums = flags.sum
    ? [
        [...Array<string>(width - 2).fill(''), '________', '________'],
        [...Array<string>(width - 2).fill(''), ...usageCells(total)],
      ]
    : [];
  const lines = [...(flags['no-headers'] ? [] : [headers]), ...rows, ...sums];
  return aligned(lines.map(row).join(''), tableOptions);
}

function usageCells(usage: Usage): string[] {
  return measured.map((name) => usageText(name, usage));
}

function totalOf({ containers }: PodMetrics): Usage {
  return addUsages(containers.map(({ usage }) => usage));
}

function addUsages(usages: readonly Usage[]): Usage {
  return Object.fromEntries(
    measured.map((name) => {
      const amounts = usages.map((usage) => parseQuantity(usage[name] ?? '0'));
      return [name, amounts.reduce((sum, one) => sum.add(one), Quantity.zero).toString()];
    }),
  );
}

export const topCommand = kubectlCommand({
  name: 'top',
  use: '[flags]',
  short: 'Display resource (CPU/memory) usage',
  long: 'Shows what nodes or pods use of processor and memory.',
  subcommands: [topNode, topPod],
});

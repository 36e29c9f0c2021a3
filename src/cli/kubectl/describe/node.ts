import { parseQuantity, quantityOf, type Quantity } from '#kube/quantity.ts';
import { podLimits, podRequests } from '#kube/pod-resources.ts';
import { resourcePath, resources } from '#kube/resources.ts';
import type { Lease, Node, Pod, Taint } from '#kube/types.ts';
import { asSandglassError } from '#base/errors.ts';
import { compareText, sortedEntries } from '#cli/text/json.ts';
import { isList, metadataOf, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { describeEvents, searchEvents, type DescribeFacts } from './describer.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { longTime, since } from './times.ts';

/** kubectl, pkg/describe/describe.go, describeNode */
export async function describeNode(
  writer: DescribeWriter,
  object: AnyObject,
  facts: DescribeFacts,
): Promise<void> {
  const node = object as unknown as Node;
  const pods = await podsOf(facts, node);
  writer.field(0, 'Name', node.metadata?.name ?? '');
  writer.field(0, 'Roles', rolesOf(node).join(',') || '<none>');
  writer.labels('Labels', node.metadata?.labels);
  writer.annotations(node.metadata?.annotations);
  writer.field(0, 'CreationTimestamp', longTime(node.metadata?.creationTimestamp));
  writer.list('Taints', taintTexts(node.spec?.taints ?? []));
  writer.field(0, 'Unschedulable', node.spec?.unschedulable ?? false);
  await describeLease(writer, facts, node);
  describeConditions(writer, node);
  describeAddressesAndAmounts(writer, node);
  describeSystem(writer, node);
  describePods(writer, node, pods, facts.now);
  if (facts.showEvents) await describeNodeEvents(writer, object, facts);
}

/** Controllers name a node's UID in its events, the kubelet its name. */
async function describeNodeEvents(
  writer: DescribeWriter,
  object: AnyObject,
  { context, now }: DescribeFacts,
): Promise<void> {
  const { name = '', uid } = metadataOf(object);
  const about = { namespace: '', name, kind: 'Node' };
  const byUid = await searchEvents(context, { ...about, uid });
  const byName = await searchEvents(context, { ...about, uid: name });
  describeEvents(writer, [...byUid, ...byName], now);
}

async function podsOf({ context }: DescribeFacts, { metadata = {} }: Node): Promise<Pod[]> {
  const fields = [
    `spec.nodeName=${metadata.name ?? ''}`,
    'status.phase!=Succeeded',
    'status.phase!=Failed',
  ];
  const list = await requestJson(context, resourcePath(resources.pods), {
    query: { fieldSelector: fields.join(',') },
  });
  return isList(list) ? list.items : [];
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf({ metadata = {} }: Node): string[] {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles.filter((role) => role !== ''))].sort(compareText);
}

export function taintText({ key, value = '', effect }: Taint): string {
  if (effect === '') return value === '' ? key : `${key}=${value}:`;
  return value === '' ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}

function taintTexts(taints: readonly Taint[]): string[] {
  const keyOf = ({ effect, key }: Taint) => `${effect},${key}`;
  return [...taints].sort((one, other) => compareText(keyOf(one), keyOf(other))).map(taintText);
}

async function describeLease(
  writer: DescribeWriter,
  { context }: DescribeFacts,
  { metadata = {} }: Node,
): Promise<void> {
  const path = resourcePath(resources.leases, {
    namespace: 'kube-node-lease',
    name: metadata.name,
  });
  let spec: Lease['spec'];
  try {
    ({ spec } = (await requestJson(context, path)) as unknown as Lease);
  } catch (error) {
    writer.field(0, 'Lease', `Failed to get lease: ${asSandglassError(error).message}`);
    return;
  }
  writer.line(0, 'Lease:');
  const time = (text: string | null | undefined) => (text ? longTime(text) : '<unset>');
  writer.field(1, 'HolderIdentity', spec?.holderIdentity ?? '<unset>');
  writer.field(1, 'AcquireTime', time(spec?.acquireTime));
  writer.field(1, 'RenewTime', time(spec?.renewTime));
}

function describeConditions(writer: DescribeWriter, { status }: Node): void {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return;
  writer.raw(
    'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n',
  );
  writer.line(1, '----\t------\t-----------------\t------------------\t------\t-------');
  for (const condition of conditions) {
    const { type, status: value, lastHeartbeatTime, lastTransitionTime } = condition;
    const cells = [type, value, longTime(lastHeartbeatTime), longTime(lastTransitionTime)];
    writer.line(1, `${cells.join(' \t')} \t${condition.reason ?? ''} \t${condition.message ?? ''}`);
  }
}

function describeAddressesAndAmounts(writer: DescribeWriter, { status }: Node): void {
  writer.line(0, 'Addresses:');
  for (const { type, address } of status?.addresses ?? []) writer.field(1, type, address);
  for (const [title, list] of [
    ['Capacity', status?.capacity],
    ['Allocatable', status?.allocatable],
  ] as const) {
    const entries = sortedEntries(list ?? {});
    if (entries.length > 0) writer.line(0, `${title}:`);
    for (const [name, amount] of entries) {
      writer.field(1, name, parseQuantity(String(amount)).toString());
    }
  }
}

function describeSystem(writer: DescribeWriter, { spec, status }: Node): void {
  const info = status?.nodeInfo;
  writer.line(0, 'System Info:');
  writer.field(1, 'Machine ID', info?.machineID ?? '');
  writer.field(1, 'System UUID', info?.systemUUID ?? '');
  writer.field(1, 'Boot ID', info?.bootID ?? '');
  writer.field(1, 'Kernel Version', info?.kernelVersion ?? '');
  writer.field(1, 'OS Image', info?.osImage ?? '');
  writer.field(1, 'Operating System', info?.operatingSystem ?? '');
  writer.field(1, 'Architecture', info?.architecture ?? '');
  writer.field(1, 'Container Runtime Version', info?.containerRuntimeVersion ?? '');
  writer.field(1, 'Kubelet Version', info?.kubeletVersion ?? '');
  if (spec?.podCIDR) writer.field(0, 'PodCIDR', spec.podCIDR);
  if (spec?.podCIDRs?.length) writer.field(0, 'PodCIDRs', spec.podCIDRs.join(','));
  if (spec?.providerID) writer.field(0, 'ProviderID', spec.providerID);
}

type Amounts = Record<string, string>;

/** describe.go, describeNodeResource */
function describePods(
  writer: DescribeWriter,
  { status }: Node,
  pods: readonly Pod[],
  now: number,
): void {
  const allocatable = status?.allocatable ?? status?.capacity ?? {};
  const share = (amounts: Amounts, name: string) => shareText(amounts, name, allocatable);
  writer.field(0, 'Non-terminated Pods', `(${pods.length} in total)`);
  writer.line(
    1,
    'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge',
  );
  writer.line(
    1,
    '---------\t----\t\t------------\t----------\t---------------\t-------------\t---',
  );
  for (const pod of pods) {
    const [requests, limits] = [podRequests(pod), podLimits(pod)];
    const { namespace = '', name = '', creationTimestamp } = pod.metadata ?? {};
    const cells = [
      `${namespace}\t${name}\t`,
      share(requests, 'cpu'),
      share(limits, 'cpu'),
      share(requests, 'memory'),
      share(limits, 'memory'),
      since(creationTimestamp, now),
    ];
    writer.line(1, cells.join('\t'));
  }
  writer.raw(
    'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n',
  );
  writer.line(1, 'Resource\tRequests\tLimits');
  writer.line(1, '--------\t--------\t------');
  const requests = sum(pods.map(podRequests));
  const limits = sum(pods.map(podLimits));
  const hugePages = Object.keys(allocatable).filter((name) => name.startsWith('hugepages-'));
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...hugePages.sort(compareText)]) {
    writer.line(1, `${name}\t${share(requests, name)}\t${share(limits, name)}`);
  }
  for (const name of extendedResources(allocatable)) {
    const texts = [requests, limits].map((amounts) => quantityOf(amounts, name).toString());
    writer.line(1, `${name}\t${texts.join('\t')}`);
  }
}

function extendedResources(allocatable: Readonly<Amounts>): string[] {
  const standard = ['cpu', 'memory', 'ephemeral-storage', 'pods'];
  return Object.keys(allocatable)
    .filter((name) => !standard.includes(name) && !name.startsWith('hugepages-'))
    .sort(compareText);
}

/** `100m (10%)` */
function shareText(amounts: Amounts, name: string, of: Readonly<Amounts>): string {
  const measure = (quantity: Quantity) =>
    name === 'cpu' ? quantity.milliValue() : quantity.value();
  const amount = quantityOf(amounts, name);
  const whole = measure(quantityOf(of, name));
  const percent = whole === 0 ? 0 : Math.trunc((measure(amount) / whole) * 100);
  return `${amount.toString()} (${percent}%)`;
}

function sum(lists: readonly Amounts[]): Amounts {
  const total = new Map<string, Quantity>();
  for (const [name, text] of lists.flatMap((list) => Object.entries(list))) {
    const amount = parseQuantity(text);
    total.set(name, total.get(name)?.add(amount) ?? amount);
  }
  return Object.fromEntries([...total].map(([name, amount]) => [name, amount.toString()]));
}

import type { Pod, Toleration, TopologySpreadConstraint } from '#kube/types.ts';
import { selectorFromObject } from '#kube/selectors.ts';
import { uidOnNode } from '#kube/mirror-pods.ts';
import { podQosClass } from '#kube/pod-qos.ts';
import { compareText } from '#cli/text/json.ts';
import type { AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { describeContainers, describeResources } from './containers.ts';
import { describeEvents, searchEvents, type DescribeFacts } from './describer.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { longTime, since } from './times.ts';
import { describeVolumes } from './volumes.ts';

/** kubectl, pkg/describe/describe.go, describePod */
export async function describePod(
  writer: DescribeWriter,
  object: AnyObject,
  facts: DescribeFacts,
): Promise<void> {
  const pod = object as unknown as Pod;
  describeIdentity(writer, pod);
  describePhase(writer, pod, facts.now);
  describeAddresses(writer, pod);
  describeAllContainers(writer, pod);
  describeConditions(writer, pod);
  describeVolumes(writer, pod.spec?.volumes ?? []);
  writer.field(0, 'QoS Class', pod.status?.qosClass ?? podQosClass(pod));
  writer.labels('Node-Selectors', pod.spec?.nodeSelector);
  const tolerations = [...(pod.spec?.tolerations ?? [])];
  tolerations.sort((one, other) => compareText(one.key ?? '', other.key ?? ''));
  writer.list('Tolerations', tolerations.map(tolerationText));
  describeSpread(writer, pod.spec?.topologySpreadConstraints ?? []);
  if (!facts.showEvents) return;
  const { name = '', namespace = '' } = pod.metadata ?? {};
  // As the kubelet tells of it.
  const about = { namespace, name, uid: uidOnNode(pod) };
  describeEvents(writer, await searchEvents(facts.context, about), facts.now);
}

function describeIdentity(writer: DescribeWriter, { metadata = {}, spec, status }: Pod): void {
  writer.field(0, 'Name', metadata.name ?? '');
  writer.field(0, 'Namespace', metadata.namespace ?? '');
  if (spec?.priority !== undefined) writer.field(0, 'Priority', spec.priority);
  if (spec?.priorityClassName) writer.field(0, 'Priority Class Name', spec.priorityClassName);
  if (spec?.runtimeClassName) writer.field(0, 'Runtime Class Name', spec.runtimeClassName);
  if (spec?.serviceAccountName) writer.field(0, 'Service Account', spec.serviceAccountName);
  const node = spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ''}` : '<none>';
  writer.field(0, 'Node', node);
  if (status?.startTime) writer.field(0, 'Start Time', longTime(status.startTime));
  writer.labels('Labels', metadata.labels);
  writer.annotations(metadata.annotations);
}

function describePhase(
  writer: DescribeWriter,
  { metadata = {}, spec, status }: Pod,
  now: number,
): void {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  const isOver = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  if (deletionTimestamp && !isOver) {
    writer.field(0, 'Status', `Terminating (lasts ${since(deletionTimestamp, now)})`);
    writer.field(0, 'Termination Grace Period', `${deletionGracePeriodSeconds}s`);
  } else {
    writer.field(0, 'Status', status?.phase ?? '');
  }
  if (status?.reason) writer.field(0, 'Reason', status.reason);
  if (status?.message) writer.field(0, 'Message', status.message);
  const seccomp = spec?.securityContext?.seccompProfile;
  if (seccomp) {
    writer.field(0, 'SeccompProfile', seccomp.type);
    if (seccomp.type === 'Localhost') {
      writer.field(0, 'LocalhostProfile', seccomp.localhostProfile ?? '');
    }
  }
}

function describeAddresses(writer: DescribeWriter, { metadata = {}, status }: Pod): void {
  writer.field(0, 'IP', status?.podIP ?? '');
  const addresses = status?.podIPs ?? [];
  if (addresses.length === 0) writer.field(0, 'IPs', '<none>');
  else writer.line(0, 'IPs:');
  for (const { ip } of addresses) writer.field(1, 'IP', ip);
  const controller = metadata.ownerReferences?.find((reference) => reference.controller);
  if (controller) writer.field(0, 'Controlled By', `${controller.kind}/${controller.name}`);
  if (status?.nominatedNodeName) writer.field(0, 'NominatedNodeName', status.nominatedNodeName);
}

function describeAllContainers(writer: DescribeWriter, pod: Pod): void {
  const { spec, status } = pod;
  if (spec?.resources) {
    writer.line(0, 'Resources:');
    describeResources(writer, spec.resources, 1);
  }
  const initContainers = spec?.initContainers ?? [];
  if (initContainers.length > 0) {
    const statuses = status?.initContainerStatuses ?? [];
    describeContainers(writer, 'Init Containers', { containers: initContainers, statuses, pod });
  }
  const statuses = status?.containerStatuses ?? [];
  describeContainers(writer, 'Containers', { containers: spec?.containers ?? [], statuses, pod });
}

function describeConditions(writer: DescribeWriter, { spec, status }: Pod): void {
  const conditions = status?.conditions ?? [];
  const gates = spec?.readinessGates ?? [];
  if (gates.length > 0) writer.raw('Readiness Gates:\n  Type\tStatus\n');
  for (const { conditionType } of gates) {
    const found = conditions.find(({ type }) => type === conditionType);
    writer.line(1, `${conditionType} \t${found?.status ?? '<none>'} `);
  }
  if (conditions.length > 0) writer.raw('Conditions:\n  Type\tStatus\n');
  for (const { type, status: value } of conditions) writer.line(1, `${type} \t${value} `);
}

function tolerationText(toleration: Toleration): string {
  const { key = '', value = '', effect = '', operator, tolerationSeconds } = toleration;
  const exists = operator === 'Exists' && value === '';
  return [
    key,
    value === '' ? '' : `=${value}`,
    effect === '' ? '' : `:${effect}`,
    exists ? (key !== '' || effect !== '' ? ' op=Exists' : 'op=Exists') : '',
    tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`,
  ].join('');
}

function describeSpread(
  writer: DescribeWriter,
  constraints: readonly TopologySpreadConstraint[],
): void {
  if (constraints.length === 0) return;
  const ordered = [...constraints].sort((a, b) => compareText(a.topologyKey, b.topologyKey));
  const texts = ordered.map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }) => {
    const selector = labelSelector
      ? ` for selector ${selectorFromObject(labelSelector).toString()}`
      : '';
    return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}`;
  });
  writer.list('Topology Spread Constraints', texts);
}

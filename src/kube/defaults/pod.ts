import { allContainers, mainContainers } from '#kube/containers.ts';
import { aggregateContainers, isPodLevelResource, type ResourceList } from '#kube/pod-resources.ts';
import type { Container, Pod, PodSpec, Probe } from '#kube/types.ts';
import { roundToMilli } from './defaults.ts';
import { defaultPullPolicy } from './image-pull-policy.ts';
import { setVolumeDefaults } from './volume.ts';

export function setPodDefaults(pod: Pod): void {
  const { spec } = pod;
  if (!spec) return;
  setPodSpecDefaults(spec);
  for (const container of [...mainContainers(spec), ...(spec.initContainers ?? [])]) {
    defaultRequests(container);
  }
  setPodResourceDefaults(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    for (const { ports } of [...mainContainers(spec), ...(spec.initContainers ?? [])]) {
      for (const port of ports ?? []) port.hostPort ??= port.containerPort;
    }
  }
  syncAliases(pod);
}

function setPodSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= 'default-scheduler';
  if (spec.overhead) spec.overhead = roundToMilli(spec.overhead);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  for (const container of allContainers(spec)) setContainerDefaults(container);
}

function setContainerDefaults(container: Container): void {
  container.imagePullPolicy ??= defaultPullPolicy(container.image ?? '');
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= 'v1';
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  const { resources } = container;
  if (resources?.limits) resources.limits = roundToMilli(resources.limits);
  if (resources?.requests) resources.requests = roundToMilli(resources.requests);
  setProbeDefaults(container.livenessProbe);
  setProbeDefaults(container.readinessProbe);
  setProbeDefaults(container.startupProbe);
  setActionDefaults(container.lifecycle?.postStart);
  setActionDefaults(container.lifecycle?.preStop);
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  setActionDefaults(probe);
}

function setActionDefaults(action: Pick<Probe, 'httpGet'> | undefined): void {
  if (!action?.httpGet) return;
  action.httpGet.path ??= '/';
  action.httpGet.scheme ??= 'HTTP';
}

/** A limit without a request is one. */
function defaultRequests(container: Container): void {
  const { resources } = container;
  if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
}

/** Upstream's defaultHugePagePodLimits, defaultPodRequests and defaultPodLimits: only where the pod has some of its own. */
function setPodResourceDefaults(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources || (!resources.limits && !resources.requests)) return;
  const limits = { ...resources.limits };
  const hadLimits = Object.keys(limits).length > 0;
  const ofContainers = aggregateContainers(spec, 'limits');
  for (const [name, amount] of Object.entries(ofContainers)) {
    const mayDefault = name.startsWith('hugepages-')
      ? resources.requests?.[name] === undefined
      : !hadLimits && isPodLevelResource(name) && everyContainerLimits(spec, name);
    if (mayDefault) limits[name] ??= amount;
  }
  const requests = hadLimits ? withRequests(resources.requests, limits, spec) : resources.requests;
  if (Object.keys(limits).length > 0) resources.limits = limits;
  if (requests && Object.keys(requests).length > 0) resources.requests = requests;
}

function withRequests(
  given: ResourceList | undefined,
  limits: ResourceList,
  spec: PodSpec,
): Record<string, string> {
  const overcommitted = Object.entries(aggregateContainers(spec, 'requests')).filter(
    ([name]) => name === 'cpu' || name === 'memory',
  );
  const ofLimits = Object.entries(limits).filter(([name]) => isPodLevelResource(name));
  return { ...Object.fromEntries(ofLimits), ...Object.fromEntries(overcommitted), ...given };
}

function everyContainerLimits(spec: PodSpec, name: string): boolean {
  return [...mainContainers(spec), ...(spec.initContainers ?? [])].every(
    ({ resources }) => resources?.limits?.[name] !== undefined,
  );
}

/** Fields that say the same by two names (pkg/apis/core/v1/conversion.go). */
function syncAliases({ spec, status }: Pod): void {
  if (spec) {
    const account = spec.serviceAccountName ?? spec.serviceAccount;
    if (account !== undefined) {
      spec.serviceAccountName = account;
      spec.serviceAccount = account;
    }
  }
  if (status) {
    if (status.podIPs?.[0]) status.podIP = status.podIPs[0].ip;
    else if (status.podIP !== undefined) status.podIPs = [{ ip: status.podIP }];
  }
}

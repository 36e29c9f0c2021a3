import { mainContainers } from '#kube/containers.ts';
import { mirrorAnnotation } from '#kube/mirror-pods.ts';
import { aggregateContainers, isPodLevelResource } from '#kube/pod-resources.ts';
import { parseQuantity, quantityOf } from '#kube/quantity.ts';
import type { ObjectMeta, Pod, PodSpec } from '#kube/types.ts';
import {
  oneOf,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from './containers.ts';
import { validateDNSConfig, validateHostAliases } from './dns.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from './field-error.ts';
import { field, type FieldPath } from './field-path.ts';
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isInRange,
  isQualifiedName,
  rangeError,
} from './names.ts';
import { invalidEach, validateLabels } from './labels.ts';
import { subdomainName, validateObjectMeta } from './object-meta.ts';
import {
  validateContainerResources,
  validateResourceRequirements,
} from './resource-requirements.ts';
import { validateTolerations } from './taints.ts';
import { validateAffinity, validateTopologySpread } from './scheduling.ts';
import { validateHostUsers, validatePodSecurityContext } from './security-context.ts';
import { validateVolumes } from './volumes.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const maxInt32 = 2_147_483_647;

/** upstream: ValidatePodCreate. */
export function validatePodCreate(pod: Pod): FieldError[] {
  const errors = validatePod(pod);
  const { ephemeralContainers = [], nodeName = '', schedulingGates = [] } = pod.spec ?? {};
  const spec = field('spec');
  if (ephemeralContainers.length > 0) {
    errors.push(forbidden(spec.child('ephemeralContainers'), 'cannot be set on create'));
  }
  if (nodeName !== '' && schedulingGates.length > 0) {
    const detail = 'cannot be set until all schedulingGates have been cleared';
    errors.push(forbidden(spec.child('nodeName'), detail));
  }
  return errors;
}

/** What holds for a pod at any time (upstream: validatePodMetadataAndSpec). */
export function validatePod(pod: Pod): FieldError[] {
  const metadata = pod.metadata ?? {};
  const spec = pod.spec ?? { containers: [] };
  return [
    ...validateObjectMeta(metadata, true, subdomainName, field('metadata')),
    ...validatePodAnnotations(metadata, spec, field('metadata', 'annotations')),
    ...validatePodSpec(spec, field('spec')),
  ];
}

export function validatePodAnnotations(
  { annotations = {} }: ObjectMeta,
  spec: PodSpec,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && (spec.nodeName ?? '') === '') {
    const detail = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(invalid(path.key(mirrorAnnotation), mirror, detail));
  }
  const cost = annotations[deletionCostAnnotation];
  const isCost = cost === undefined || (/^(0|-?[1-9]\d*)$/.test(cost) && isInt32(Number(cost)));
  if (!isCost) {
    errors.push(invalid(path.key(deletionCostAnnotation), cost, 'must be a 32bit integer'));
  }
  return errors;
}

function isInt32(value: number): boolean {
  return value >= -maxInt32 - 1 && value <= maxInt32;
}

/** upstream: ValidatePodSpec. */
function validatePodSpec(spec: PodSpec, path: FieldPath): FieldError[] {
  const { errors: volumeErrors, byName } = validateVolumes(
    spec.volumes ?? [],
    path.child('volumes'),
  );
  const context = { spec, volumes: byName };
  return [
    ...(spec.terminationGracePeriodSeconds === undefined
      ? [required(path.child('terminationGracePeriodSeconds'))]
      : []),
    ...volumeErrors,
    ...validateContainers(context, path.child('containers')),
    ...validateInitContainers(context, path.child('initContainers')),
    ...validateEphemeralContainers(context, path.child('ephemeralContainers')),
    ...validatePodResources(spec, path.child('resources')),
    ...validateHostNetworkPorts(spec, path.child('containers')),
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], path.child('restartPolicy')),
    ...oneOf(spec.dnsPolicy, dnsPolicies, path.child('dnsPolicy')),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurityContext(spec, path),
    ...validateAffinity(spec.affinity, path.child('affinity')),
    ...validateDNSConfig(spec.dnsConfig, spec.dnsPolicy, path.child('dnsConfig')),
    ...validateGates(spec, path),
    ...validateTopologySpread(
      spec.topologySpreadConstraints ?? [],
      path.child('topologySpreadConstraints'),
    ),
    ...validateHostUsers(spec, path),
    ...validateNames(spec, path),
    ...validateActiveDeadline(spec.activeDeadlineSeconds, path.child('activeDeadlineSeconds')),
    ...validateTolerations(spec.tolerations ?? [], path.child('tolerations')),
    ...validateHostAliases(spec.hostAliases ?? [], path.child('hostAliases')),
    ...validateContainerResources(
      { limits: spec.overhead ?? {} },
      new Set(),
      path.child('overhead'),
    ),
    ...validateOS(spec, path.child('os')),
    ...(spec.preemptionPolicy === undefined
      ? []
      : oneOf(
          spec.preemptionPolicy,
          ['PreemptLowerPriority', 'Never'],
          path.child('preemptionPolicy'),
        )),
  ];
}

const dnsPolicies: readonly string[] = [
  'ClusterFirstWithHostNet',
  'ClusterFirst',
  'Default',
  'None',
];

function validateNames(spec: PodSpec, path: FieldPath): FieldError[] {
  const subdomains = [
    'serviceAccountName',
    'nodeName',
    'priorityClassName',
    'runtimeClassName',
  ] as const;
  const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';
  return [
    ...subdomains.flatMap((name) => {
      const value = spec[name];
      const given = name === 'runtimeClassName' ? value !== undefined : isSet(value);
      return given ? invalidEach(path.child(name), value, isDNS1123Subdomain(value ?? '')) : [];
    }),
    ...(['hostname', 'subdomain'] as const).flatMap((name) => {
      const value = spec[name];
      return isSet(value) ? invalidEach(path.child(name), value, isDNS1123Label(value)) : [];
    }),
  ];
}

function validateActiveDeadline(seconds: number | undefined, path: FieldPath): FieldError[] {
  return seconds === undefined ? [] : invalidEach(path, seconds, isInRange(seconds, 1, maxInt32));
}

export const deadlineRange = rangeError(0, maxInt32);

function validateGates(spec: PodSpec, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return [
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      invalidEach(
        path.child('readinessGates').index(index).child('conditionType'),
        conditionType,
        isQualifiedName(conditionType),
      ),
    ),
    ...(spec.schedulingGates ?? []).flatMap(({ name }, index) => {
      const at = path.child('schedulingGates').index(index);
      const errors = invalidEach(at, name, isQualifiedName(name));
      if (seen.has(name)) errors.push(duplicate(at, name));
      seen.add(name);
      return errors;
    }),
  ];
}

function validateOS({ os }: PodSpec, path: FieldPath): FieldError[] {
  if (!os) return [];
  if (os.name === '') return [required(path.child('name'), 'cannot be empty')];
  const supported = ['linux', 'windows'];
  return supported.includes(os.name) ? [] : [notSupported(path, os.name, supported)];
}

function validateHostNetworkPorts(spec: PodSpec, path: FieldPath): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return mainContainers(spec).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, position) => {
      if (hostPort === containerPort) return [];
      const at = path.index(index).child('ports').index(position).child('hostPort');
      const detail = 'must match `containerPort` when `hostNetwork` is true';
      return [invalid(at, hostPort, detail)];
    }),
  );
}

/** upstream: validatePodResources, validatePodResourceConsistency. */
function validatePodResources(spec: PodSpec, path: FieldPath): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const errors = validateResourceRequirements(resources, podResourceName, new Set(), path);
  if (resources.claims) {
    const detail = 'claims cannot be set for Resources at pod-level';
    errors.unshift(forbidden(path.child('claims'), detail));
  }
  for (const [name, text] of Object.entries(aggregateContainers(spec, 'requests'))) {
    const own = quantityOf(resources.requests, name);
    if (parseQuantity(text).compare(own) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${text}`;
    errors.push(invalid(path.child('requests').key(name), own.toString(), detail));
  }
  mainContainers(spec).forEach((container, index) => {
    for (const [name, text] of Object.entries(container.resources?.limits ?? {})) {
      const limit = resources.limits?.[name];
      if (limit === undefined || parseQuantity(text).compare(parseQuantity(limit)) <= 0) continue;
      const at = path.child('containers').index(index).key(name).child('limits');
      errors.push(invalid(at, text, `must be less than or equal to pod limits of ${limit}`));
    }
  });
  return errors;
}

function podResourceName(name: string, path: FieldPath): FieldError[] {
  return isPodLevelResource(name)
    ? []
    : [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
}

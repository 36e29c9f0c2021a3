import { semanticEqual } from '#kube/equality.ts';
import type { Binding, Lease, LeaseSpec, Namespace, Node, RuntimeClass } from '#kube/types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from './field-error.ts';
import { field, type FieldPath } from './field-path.ts';
import { ipFamily, validateCIDR } from './ip.ts';
import { isDNS1123Label, isQualifiedName } from './names.ts';
import { invalidEach, validateLabels } from './labels.ts';
import {
  labelName,
  notNegative,
  subdomainName,
  validateFinalizerName,
  validateImmutable,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.ts';
import { validateContainerResources, validateResourceList } from './resource-requirements.ts';
import { validateTaints, validateTolerations } from './taints.ts';

const metadata = field('metadata');

/** upstream: ValidateNode. */
export function validateNode(node: Node): FieldError[] {
  return [
    ...validateObjectMeta(node.metadata ?? {}, false, subdomainName, metadata),
    ...validateTaints(node.spec?.taints ?? [], metadata.child('taints')),
    ...validateNodeResources(node),
    ...validatePodCIDRs(node.spec?.podCIDRs ?? [], field('spec', 'podCIDRs')),
  ];
}

/** upstream: ValidateNodeUpdate, of the status too. */
export function validateNodeUpdate(next: Node, previous: Node): FieldError[] {
  const [after, before] = [next.spec ?? {}, previous.spec ?? {}];
  const spec = field('spec');
  const errors = [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata),
    ...validateNodeResources(next),
    ...validateAddresses(next, field('status', 'addresses')),
  ];
  const cidrs = before.podCIDRs ?? [];
  if (cidrs.length > 0 && !semanticEqual(cidrs, after.podCIDRs)) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbidden(spec.child('podCIDRs'), detail));
  }
  if ((before.providerID ?? '') !== '' && before.providerID !== after.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden(spec.child('providerID'), detail));
  }
  errors.push(...validateTaints(after.taints ?? [], metadata.child('taints')));
  if ((after.externalID ?? '') !== (before.externalID ?? '')) {
    errors.push(forbidden(spec.child('externalID'), 'may not be updated'));
  }
  return errors;
}

function validateNodeResources({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    validateResourceList(status?.[list], (name) => field('status', list, name)),
  );
}

function validateAddresses({ status }: Node, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap((address, index) => {
    const key = `${address.type} ${address.address}`;
    const isKnown = seen.has(key);
    seen.add(key);
    return isKnown ? [duplicate(path.index(index), address)] : [];
  });
}

function validatePodCIDRs(cidrs: readonly string[], path: FieldPath): FieldError[] {
  const errors = cidrs.flatMap((cidr, index) => validateCIDR(path.index(index), cidr));
  const families = new Set(cidrs.map((cidr) => ipFamily(cidr.split('/')[0] ?? '')));
  if (cidrs.length > 2 || (cidrs.length === 2 && families.size < 2)) {
    errors.push(invalid(path, cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  cidrs.forEach((cidr, index) => {
    if (cidrs.indexOf(cidr) < index) errors.push(duplicate(path.index(index), cidr));
  });
  return errors;
}

/** upstream: ValidateNamespace. */
export function validateNamespace(namespace: Namespace): FieldError[] {
  return [
    ...validateObjectMeta(namespace.metadata ?? {}, false, labelName, metadata),
    ...(namespace.spec?.finalizers ?? []).flatMap((name) =>
      validateFinalizerName(name, field('spec', 'finalizers')),
    ),
  ];
}

export function validateNamespaceUpdate(next: Namespace, previous: Namespace): FieldError[] {
  return validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata);
}

export function validateNamespaceStatusUpdate(next: Namespace, previous: Namespace): FieldError[] {
  const errors = validateNamespaceUpdate(next, previous);
  const phase = next.status?.phase ?? '';
  const isEnding = next.metadata?.deletionTimestamp !== undefined;
  const expected = isEnding ? 'Terminating' : 'Active';
  if (phase === expected) return errors;
  const state = isEnding ? 'is not empty' : 'is empty';
  const detail = `may only be '${expected}' if \`deletionTimestamp\` ${state}`;
  return [...errors, invalid(field('status', 'Phase'), phase, detail)];
}

/** Of the subresource `finalize`. */
export function validateNamespaceFinalizeUpdate(
  next: Namespace,
  previous: Namespace,
): FieldError[] {
  const path = field('spec', 'finalizers');
  return [
    ...validateNamespaceUpdate(next, previous),
    ...(next.spec?.finalizers ?? []).flatMap((name, index) =>
      validateFinalizerName(name, path.index(index)),
    ),
  ];
}

/** upstream: pkg/apis/coordination/validation. */
export function validateLease(lease: Lease): FieldError[] {
  return [
    ...validateObjectMeta(lease.metadata ?? {}, true, subdomainName, metadata),
    ...validateLeaseSpec(lease.spec ?? {}, field('spec')),
  ];
}

export function validateLeaseUpdate(next: Lease, previous: Lease): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata),
    ...validateLeaseSpec(next.spec ?? {}, field('spec')),
  ];
}

function validateLeaseSpec(spec: LeaseSpec, path: FieldPath): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy = '', preferredHolder = '' } = spec;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    const at = path.child('leaseDurationSeconds');
    errors.push(invalid(at, leaseDurationSeconds, 'must be greater than 0'));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(invalid(path.child('leaseTransitions'), leaseTransitions, notNegative));
  }
  if (spec.strategy !== undefined) {
    const at = path.child('strategy', 'strategy');
    if (strategy.includes('/'))
      errors.push(...invalidEach(at, strategy, isQualifiedName(strategy)));
    else if (strategy !== 'OldestEmulationVersion') {
      errors.push(notSupported(at, strategy, ['OldestEmulationVersion']));
    }
  }
  if (preferredHolder !== '' && strategy === '') {
    const detail = 'may only be specified if `strategy` is defined';
    errors.push(forbidden(path.child('preferredHolder'), detail));
  }
  return errors;
}

/** upstream: pkg/apis/node/validation. */
export function validateRuntimeClass(runtimeClass: RuntimeClass): FieldError[] {
  const { handler, overhead, scheduling } = runtimeClass;
  const path = field('scheduling');
  return [
    ...validateObjectMeta(runtimeClass.metadata ?? {}, false, subdomainName, metadata),
    ...invalidEach(field('handler'), handler, isDNS1123Label(handler)),
    ...validateContainerResources(
      { limits: overhead?.podFixed ?? {} },
      new Set(),
      field('overhead'),
    ),
    ...validateLabels(scheduling?.nodeSelector, path.child('nodeSelector')),
    ...validateTolerations(scheduling?.tolerations ?? [], path.child('tolerations')),
  ];
}

export function validateRuntimeClassUpdate(
  next: RuntimeClass,
  previous: RuntimeClass,
): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata),
    ...validateImmutable(next.handler, previous.handler, field('handler')),
  ];
}

/** upstream: ValidatePodBinding. */
export function validateBinding({ target }: Binding): FieldError[] {
  const { kind = '', name = '' } = target;
  const path = field('target');
  return [
    ...(kind === '' || kind === 'Node'
      ? []
      : [notSupported(path.child('kind'), kind, ['Node', '<empty>'])]),
    ...(name === '' ? [required(path.child('name'))] : []),
  ];
}

import { isRestartableInitContainer } from '#kube/containers.ts';
import type { ContainerStatus, Pod } from '#kube/types.ts';
import { duplicate, forbidden, invalid, type FieldError } from './field-error.ts';
import { field, type FieldPath } from './field-path.ts';
import { ipFamily, validateIP } from './ip.ts';
import { isDNS1123Subdomain, isQualifiedName } from './names.ts';
import { invalidEach } from './labels.ts';
import { validateImmutable, validateObjectMetaUpdate } from './object-meta.ts';
import { validateAnnotationUpdate } from './pod-update.ts';

const systemConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized']);

/** upstream: ValidatePodStatusUpdate. */
export function validatePodStatusUpdate(next: Pod, previous: Pod): FieldError[] {
  const metadata = field('metadata');
  const path = field('status');
  const [after, before] = [next.status ?? {}, previous.status ?? {}];
  const errors = [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata),
    ...validateAnnotationUpdate(next, previous, metadata.child('annotations')),
    // Upstream puts the conditions under metadata, and so do we.
    ...(after.conditions ?? []).flatMap(({ type }, index) =>
      systemConditions.has(type)
        ? []
        : invalidEach(
            metadata.child('conditions').index(index).child('Type'),
            type,
            isQualifiedName(type),
          ),
    ),
  ];
  if ((next.spec?.nodeName ?? '') !== (previous.spec?.nodeName ?? '')) {
    errors.push(forbidden(path.child('nodeName'), 'may not be changed directly'));
  }
  const nominated = after.nominatedNodeName ?? '';
  if (nominated !== '' && nominated !== before.nominatedNodeName) {
    const at = path.child('nominatedNodeName');
    errors.push(...invalidEach(at, nominated, isDNS1123Subdomain(nominated)));
  }
  const qosPath = path.child('qosClass');
  return [
    ...errors,
    ...validateImmutable(after.qosClass ?? '', before.qosClass ?? '', qosPath),
    ...validateTransitions(
      after.containerStatuses ?? [],
      before.containerStatuses ?? [],
      previous,
      path.child('containerStatuses'),
    ),
    ...validateTransitions(
      after.initContainerStatuses ?? [],
      before.initContainerStatuses ?? [],
      previous,
      path.child('initContainerStatuses'),
    ),
    ...validateIPs(after.podIPs ?? [], path.child('podIPs')),
    ...validateHostIPs(after.hostIP, after.hostIPs ?? [], path.child('hostIPs')),
  ];
}

/** A container that is not to start again stays ended. */
function validateTransitions(
  next: readonly ContainerStatus[],
  previous: readonly ContainerStatus[],
  pod: Pod,
  path: FieldPath,
): FieldError[] {
  const restartPolicy = pod.spec?.restartPolicy;
  if (restartPolicy === 'Always') return [];
  const mayRestart = restartableNames(pod);
  return previous.flatMap((old, index) => {
    const ended = old.state?.terminated;
    if (!ended || mayRestart.has(old.name)) return [];
    if (ended.exitCode !== 0 && restartPolicy === 'OnFailure') return [];
    const current = next.find(({ name }) => name === old.name);
    if (!current || current.state?.terminated) return [];
    const detail = 'may not be transitioned to non-terminated state';
    return [forbidden(path.index(index).child('state'), detail)];
  });
}

/** Sidecars, and containers with a restart policy of their own. */
function restartableNames({ spec }: Pod): Set<string> {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return new Set(
    containers
      .filter(
        (container) =>
          isRestartableInitContainer(container) ||
          container.restartPolicy === 'OnFailure' ||
          (container.restartPolicyRules ?? []).length > 0,
      )
      .map(({ name }) => name),
  );
}

function validateIPs(ips: readonly { ip: string }[], path: FieldPath): FieldError[] {
  const errors = ips.flatMap(({ ip }, index) => validateIP(path.index(index), ip));
  if (ips.length < 2) return errors;
  const families = new Set(ips.map(({ ip }) => ipFamily(ip)));
  if (ips.length > 2 || families.size < 2) {
    const detail = 'may specify no more than one IP for each IP family';
    errors.push(invalid(path, ips, detail));
  }
  const seen = new Set<string>();
  ips.forEach((one, index) => {
    if (seen.has(one.ip)) errors.push(duplicate(path.index(index), one));
    seen.add(one.ip);
  });
  return errors;
}

function validateHostIPs(
  hostIP: string | undefined,
  hostIPs: readonly { ip: string }[],
  path: FieldPath,
): FieldError[] {
  const first = hostIPs[0]?.ip;
  if (first === undefined) return [];
  const at = path.index(0).child('ip');
  return [
    ...(first === hostIP ? [] : [invalid(at, first, 'must be equal to `hostIP`')]),
    ...validateIPs(hostIPs, path),
  ];
}

import { mainContainers } from '#kube/containers.ts';
import { semanticEqual } from '#kube/equality.ts';
import { mirrorAnnotation } from '#kube/mirror-pods.ts';
import type { Container, Pod, PodSpec, Toleration } from '#kube/types.ts';
import { forbidden, invalid, required, type FieldError } from './field-error.ts';
import { field, type FieldPath } from './field-path.ts';
import { validateObjectMetaUpdate } from './object-meta.ts';
import { deadlineRange, validatePod } from './pod.ts';
import { specDiff } from './spec-diff.ts';
import { validateTolerations } from './taints.ts';

const updatableFields = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

/** upstream: ValidatePodUpdate. */
export function validatePodUpdate(next: Pod, previous: Pod): FieldError[] {
  const [nextSpec, previousSpec] = [specOf(next), specOf(previous)];
  const spec = field('spec');
  const errors = [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, field('metadata')),
    ...validatePod(next),
    ...validateAnnotationUpdate(next, previous, field('metadata', 'annotations')),
  ];
  for (const list of ['containers', 'initContainers'] as const) {
    const { found, stop } = validateContainerList(
      containersOf(nextSpec, list),
      containersOf(previousSpec, list),
      spec.child(list),
    );
    errors.push(...found);
    if (stop) return errors;
  }
  const deadline = validateDeadlineUpdate(nextSpec, previousSpec);
  errors.push(...deadline.found);
  if (deadline.stop) return errors;
  return [
    ...errors,
    ...validateOnlyAddedTolerations(
      nextSpec.tolerations ?? [],
      previousSpec.tolerations ?? [],
      spec.child('tolerations'),
    ),
    ...validateOnlyDeletedGates(nextSpec, previousSpec, spec.child('schedulingGates')),
    ...validateRest(nextSpec, previousSpec, spec),
  ];
}

function specOf(pod: Pod): PodSpec {
  return pod.spec ?? { containers: [] };
}

function containersOf(spec: PodSpec, list: 'containers' | 'initContainers'): Container[] {
  return list === 'containers' ? mainContainers(spec) : (spec.initContainers ?? []);
}

/** Also of status updates. */
export function validateAnnotationUpdate(next: Pod, previous: Pod, path: FieldPath): FieldError[] {
  const before = previous.metadata?.annotations?.[mirrorAnnotation];
  const after = next.metadata?.annotations?.[mirrorAnnotation];
  if (before === after) return [];
  const verb = before === undefined ? 'add' : 'remove or update';
  return [forbidden(path.key(mirrorAnnotation), `may not ${verb} mirror pod annotation`)];
}

function validateContainerList(
  next: readonly Container[],
  previous: readonly Container[],
  path: FieldPath,
): { found: FieldError[]; stop: boolean } {
  if (next.length !== previous.length) {
    const detail = 'pod updates may not add or remove containers';
    return { found: [forbidden(path, detail)], stop: true };
  }
  const found = next.flatMap(({ image = '' }, index) => {
    const at = path.index(index).child('image');
    if (image === '') return [required(at)];
    const detail = 'must not have leading or trailing whitespace';
    return image.trim() === image ? [] : [invalid(at, image, detail)];
  });
  return { found, stop: false };
}

function validateDeadlineUpdate(
  next: PodSpec,
  previous: PodSpec,
): { found: FieldError[]; stop: boolean } {
  const path = field('spec', 'activeDeadlineSeconds');
  const [after, before] = [next.activeDeadlineSeconds, previous.activeDeadlineSeconds];
  if (after === undefined) {
    const detail = 'must not update from a positive integer to nil value';
    const found = before === undefined ? [] : [invalid(path, undefined, detail)];
    return { found, stop: false };
  }
  if (after < 0 || after > 2_147_483_647) {
    return { found: [invalid(path, after, deadlineRange)], stop: true };
  }
  if (before !== undefined && before < after) {
    const detail = 'must be less than or equal to previous value';
    return { found: [invalid(path, after, detail)], stop: true };
  }
  return { found: [], stop: false };
}

function validateOnlyAddedTolerations(
  next: readonly Toleration[],
  previous: readonly Toleration[],
  path: FieldPath,
): FieldError[] {
  const timeless = (one: Toleration) => ({ ...one, tolerationSeconds: 0 });
  const isKept = (old: Toleration) =>
    next.some((one) => semanticEqual(timeless(one), timeless(old)));
  if (!previous.every(isKept)) {
    const detail = 'existing toleration can not be modified except its tolerationSeconds';
    return [forbidden(path, detail)];
  }
  return validateTolerations(next, path);
}

function validateOnlyDeletedGates(next: PodSpec, previous: PodSpec, path: FieldPath): FieldError[] {
  const known = new Set((previous.schedulingGates ?? []).map(({ name }) => name));
  return (next.schedulingGates ?? []).flatMap(({ name }, index) => {
    if (known.has(name)) return [];
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbidden(path.index(index).child('name'), detail)];
  });
}

/** Everything but what may change must be as it was. */
function validateRest(next: PodSpec, previous: PodSpec, path: FieldPath): FieldError[] {
  const munged: PodSpec = {
    ...next,
    containers: withImages(mainContainers(next), mainContainers(previous)),
  };
  if (next.initContainers) {
    munged.initContainers = withImages(next.initContainers, previous.initContainers ?? []);
  }
  const errors: FieldError[] = [];
  const restored = ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const;
  for (const name of restored) restore(munged, previous, name);
  if (
    (previous.terminationGracePeriodSeconds ?? 0) < 0 &&
    next.terminationGracePeriodSeconds === 1
  ) {
    restore(munged, previous, 'terminationGracePeriodSeconds');
  }
  if ((previous.schedulingGates ?? []).length > 0) {
    errors.push(...validateGatedNodeSelector(next, previous, path.child('nodeSelector')));
    restore(munged, previous, 'nodeSelector');
  }
  if (semanticEqual(munged, previous)) return errors;
  const detail = `pod updates may not change fields other than ${updatableFields.join(',')}\n${specDiff(previous, munged)}`;
  return [...errors, forbidden(path, detail)];
}

function restore(to: PodSpec, from: PodSpec, name: keyof PodSpec): void {
  Object.assign(to, { [name]: from[name] });
}

function withImages(next: readonly Container[], previous: readonly Container[]): Container[] {
  return next.map((container, index) => {
    const image = previous[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}

function validateGatedNodeSelector(
  next: PodSpec,
  previous: PodSpec,
  path: FieldPath,
): FieldError[] {
  const after = next.nodeSelector ?? {};
  const kept = Object.entries(previous.nodeSelector ?? {}).every(
    ([key, value]) => after[key] === value,
  );
  const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  return kept ? [] : [invalid(path, after, detail)];
}

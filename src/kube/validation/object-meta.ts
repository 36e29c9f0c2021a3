import { quote } from '#kube/go-text.ts';
import { semanticEqual } from '#kube/equality.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '#kube/types.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
} from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { invalidEach, validateLabels } from './labels.ts';
import {
  byteLength,
  isDNS1123Label,
  isDNS1123Subdomain,
  isQualifiedName,
  maskTrailingDash,
} from './names.ts';

export const notNegative = 'must be greater than or equal to 0';
export const notPositive = 'must be greater than zero';
const fieldImmutable = 'field is immutable';

/** What is wrong with a name of the kind. */
export type NameRule = (name: string) => string[];

export const subdomainName: NameRule = isDNS1123Subdomain;
export const labelName: NameRule = isDNS1123Label;

const maxAnnotationsSize = 256 * 1024;

/** Of a new object, its name generated already (apimachinery, pkg/api/validation/objectmeta.go). */
export function validateObjectMeta(
  meta: ObjectMeta,
  isNamespaced: boolean,
  nameRule: NameRule,
  path: FieldPath,
): FieldError[] {
  const { name = '', generateName = '' } = meta;
  const namePath = path.child('name');
  return [
    ...(generateName === ''
      ? []
      : invalidEach(
          path.child('generateName'),
          generateName,
          nameRule(maskTrailingDash(generateName)),
        )),
    ...(name === ''
      ? [required(namePath, 'name or generateName is required')]
      : invalidEach(namePath, name, nameRule(name))),
    ...validateNamespaceOf(meta, isNamespaced, path.child('namespace')),
    ...validateNotNegative(meta.generation ?? 0, path.child('generation')),
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child('ownerReferences')),
    ...validateFinalizers(meta.finalizers ?? [], path.child('finalizers')),
    ...validateManagedFields(meta.managedFields ?? [], path.child('managedFields')),
  ];
}

export function validateObjectMetaUpdate(
  next: ObjectMeta,
  previous: ObjectMeta,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (previous.deletionTimestamp !== undefined) {
    errors.push(...noNewFinalizers(next, previous, path.child('finalizers')));
  }
  if ((next.resourceVersion ?? '') === '') {
    const value = next.resourceVersion ?? '';
    errors.push(invalid(path.child('resourceVersion'), value, 'must be specified for an update'));
  }
  const generation = next.generation ?? 0;
  errors.push(...validateNotNegative(generation, path.child('generation')));
  if (generation < (previous.generation ?? 0)) {
    errors.push(invalid(path.child('generation'), generation, 'must not be decremented'));
  }
  for (const field of ['name', 'namespace', 'uid'] as const) {
    errors.push(...validateImmutable(next[field] ?? '', previous[field] ?? '', path.child(field)));
  }
  for (const field of [
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    errors.push(...validateImmutable(next[field], previous[field], path.child(field)));
  }
  return [
    ...errors,
    ...validateLabels(next.labels, path.child('labels')),
    ...validateAnnotations(next.annotations, path.child('annotations')),
    ...validateOwnerReferences(next.ownerReferences ?? [], path.child('ownerReferences')),
    ...validateManagedFields(next.managedFields ?? [], path.child('managedFields')),
    ...validateLegacyFinalizers(next.finalizers ?? [], path.child('finalizers')),
  ];
}

export function validateNotNegative(value: number, path: FieldPath): FieldError[] {
  return value < 0 ? [invalid(path, value, notNegative)] : [];
}

export function validateImmutable(next: unknown, previous: unknown, path: FieldPath): FieldError[] {
  return semanticEqual(next, previous) ? [] : [invalid(path, next, fieldImmutable)];
}

function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => invalidEach(path, key, isQualifiedName(key.toLowerCase()))),
    ...(size > maxAnnotationsSize ? [tooLong(path, maxAnnotationsSize)] : []),
  ];
}

function validateNamespaceOf(
  { namespace = '' }: ObjectMeta,
  isNamespaced: boolean,
  path: FieldPath,
): FieldError[] {
  if (!isNamespaced) {
    return namespace === '' ? [] : [forbidden(path, 'not allowed on this type')];
  }
  return namespace === ''
    ? [required(path)]
    : invalidEach(path, namespace, isDNS1123Label(namespace));
}

function validateOwnerReferences(
  references: readonly OwnerReference[],
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  references.forEach((reference, index) => {
    errors.push(...validateOwnerReference(reference, path.index(index)));
    if (reference.controller !== true) return;
    const name = `${reference.kind}/${reference.name}`;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalid(path, references, detail));
    } else controller = name;
  });
  return errors;
}

function validateOwnerReference(reference: OwnerReference, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
    const value = reference[field];
    if (value === '') errors.push(required(path.child(field), 'must not be empty'));
    else if (field === 'apiVersion' && !/^[^/]+(\/[^/]+)?$/.test(value)) {
      errors.push(invalid(path.child(field), value, 'must be <group>/<version> or <version>'));
    }
  }
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

const orphan = 'orphan';
const foregroundDeletion = 'foregroundDeletion';
const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', orphan, foregroundDeletion]);

function validateFinalizers(finalizers: readonly string[], path: FieldPath): FieldError[] {
  const errors = finalizers.flatMap((name) => invalidEach(path, name, isQualifiedName(name)));
  if (finalizers.includes(orphan) && finalizers.includes(foregroundDeletion)) {
    const detail = `finalizer ${orphan} and ${foregroundDeletion} cannot be both set`;
    errors.push(invalid(path, finalizers, detail));
  }
  return [...errors, ...validateLegacyFinalizers(finalizers, path)];
}

function validateLegacyFinalizers(finalizers: readonly string[], path: FieldPath): FieldError[] {
  return finalizers.flatMap((name, index) => validateLegacyFinalizer(name, path.index(index)));
}

/** A name without a domain must be one that upstream knows (core/validation, validateKubeFinalizerName). */
export function validateLegacyFinalizer(name: string, path: FieldPath): FieldError[] {
  if (name.includes('/') || standardFinalizers.has(name)) return [];
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  return [invalid(path, name, detail)];
}

/** Of a namespace's own list, in its spec. */
export function validateFinalizerName(name: string, path: FieldPath): FieldError[] {
  return [
    ...invalidEach(path, name, isQualifiedName(name)),
    ...validateLegacyFinalizer(name, path),
  ];
}

function noNewFinalizers(next: ObjectMeta, previous: ObjectMeta, path: FieldPath): FieldError[] {
  const known = new Set(previous.finalizers);
  const added = (next.finalizers ?? []).filter((name) => !known.has(name)).sort();
  if (added.length === 0) return [];
  const list = `[]string{${added.map(quote).join(', ')}}`;
  return [
    forbidden(
      path,
      `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
    ),
  ];
}

function validateManagedFields(
  entries: readonly ManagedFieldsEntry[],
  path: FieldPath,
): FieldError[] {
  return entries.flatMap(({ operation = '', fieldsType = '' }, index) => {
    const at = path.index(index);
    const errors: FieldError[] = [];
    if (operation === '') errors.push(required(at.child('operation'), 'must not be empty'));
    else if (operation !== 'Apply' && operation !== 'Update') {
      errors.push(notSupported(at.child('operation'), operation, ['Apply', 'Update']));
    }
    if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
      errors.push(invalid(at.child('fieldsType'), fieldsType, 'must be `FieldsV1`'));
    }
    return errors;
  });
}

import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '#kube/types.ts';
import { validateFieldRef, validateResourceFieldRef } from './env.ts';
import { forbidden, invalid, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { validateLabelSelector } from './labels.ts';
import { validateFileMode, validateLocalNonReservedPath } from './paths.ts';
import { validateKeyToPath } from './volumes.ts';

const fileFieldPaths: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** Upstream gives each file the path of the whole source. */
export function validateDownwardAPIItems(
  items: readonly DownwardAPIVolumeFile[],
  path: FieldPath,
): FieldError[] {
  return items.flatMap((item) => [
    ...(item.path === '' ? [required(path.child('path'))] : []),
    ...validateLocalNonReservedPath(item.path, path.child('path')),
    ...validateFileReference(item, path),
    ...validateFileMode(item.mode, path.child('mode')),
  ]);
}

function validateFileReference(
  { fieldRef, resourceFieldRef }: DownwardAPIVolumeFile,
  path: FieldPath,
): FieldError[] {
  if (fieldRef) {
    const both = 'fieldRef and resourceFieldRef can not be specified simultaneously';
    return [
      ...validateFieldRef(fieldRef, fileFieldPaths, path.child('fieldRef')),
      ...(resourceFieldRef ? [invalid(path, 'resource', both)] : []),
    ];
  }
  return resourceFieldRef
    ? validateResourceFieldRef(resourceFieldRef, path.child('resourceFieldRef'), true)
    : [required(path, 'one of fieldRef and resourceFieldRef is required')];
}

export function validateProjected(
  { defaultMode, sources = [] }: ProjectedVolumeSource,
  path: FieldPath,
): FieldError[] {
  const paths = new PathSet(path);
  return [
    ...validateFileMode(defaultMode, path.child('defaultMode')),
    ...sources.flatMap((source, index) =>
      validateProjection(source, paths, path, path.child('sources').index(index)),
    ),
  ];
}

/** No two files of one volume have the same path. */
class PathSet {
  readonly #seen = new Set<string>();
  readonly #path: FieldPath;

  constructor(path: FieldPath) {
    this.#path = path;
  }

  add(file: string, shown: string): FieldError[] {
    if (file === '') return [];
    const isTaken = this.#seen.has(file);
    this.#seen.add(file);
    return isTaken ? [invalid(this.#path, shown, 'conflicting duplicate paths')] : [];
  }
}

function validateProjection(
  source: VolumeProjection,
  paths: PathSet,
  volumePath: FieldPath,
  path: FieldPath,
): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  const errors: FieldError[] = [];
  for (const [field, keyed] of Object.entries({ secret, configMap })) {
    if (!keyed) continue;
    const at = path.child(field);
    const name = keyed.name ?? '';
    if (name === '') errors.push(required(at.child('name')));
    (keyed.items ?? []).forEach((item, index) => {
      errors.push(...validateKeyToPath(item, at.child('items').index(index)));
      errors.push(...paths.add(item.path, name));
    });
  }
  if (downwardAPI) {
    const at = path.child('downwardAPI');
    for (const item of downwardAPI.items ?? []) {
      errors.push(...validateDownwardAPIItems([item], at), ...paths.add(item.path, item.path));
    }
  }
  if (serviceAccountToken) {
    const at = path.child('serviceAccountToken');
    errors.push(...validateToken(serviceAccountToken, at, volumePath));
  }
  if (clusterTrustBundle) {
    errors.push(...validateTrustBundle(clusterTrustBundle, path.child('clusterTrustBundle')));
    errors.push(...paths.add(clusterTrustBundle.path, clusterTrustBundle.path));
  }
  if (Object.values(source).filter((value) => value !== undefined).length > 1) {
    errors.push(forbidden(path, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

function validateToken(
  { expirationSeconds = 3600, path: value }: ServiceAccountTokenProjection,
  path: FieldPath,
  volumePath: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  const expiry = path.child('expirationSeconds');
  if (expirationSeconds < 600) {
    const detail = 'may not specify a duration less than 10 minutes';
    errors.push(invalid(expiry, expirationSeconds, detail));
  }
  if (expirationSeconds > 2 ** 32) {
    const detail = 'may not specify a duration larger than 2^32 seconds';
    errors.push(invalid(expiry, expirationSeconds, detail));
  }
  const at = volumePath.child('path');
  return [...errors, ...(value === '' ? [required(at)] : validateLocalNonReservedPath(value, at))];
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, path: FieldPath): FieldError[] {
  const { name, signerName, labelSelector, path: value } = bundle;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(path, bundle, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    if (name === '') errors.push(required(path.child('name'), 'must be a valid object name'));
    if (labelSelector) {
      const detail = 'labelSelector must be unset if name is specified';
      errors.push(invalid(path.child('labelSelector'), labelSelector, detail));
    }
  } else if (signerName !== undefined) {
    if (signerName === '') {
      errors.push(required(path.child('signerName'), 'must be a valid signer name'));
    }
    errors.push(...validateLabelSelector(labelSelector, path.child('labelSelector')));
  } else errors.push(required(path, 'either name or signerName must be specified'));
  const at = path.child('path');
  return [
    ...errors,
    ...(value === '' ? [required(at)] : []),
    ...validateLocalNonReservedPath(value, at),
  ];
}

import type { Container, Volume, VolumeMount } from '#kube/types.ts';
import {
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  type FieldError,
} from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { validateLocalDescendingPath } from './paths.ts';

/** upstream: ValidateVolumeMounts. */
export function validateVolumeMounts(
  container: Container,
  volumes: ReadonlyMap<string, Volume>,
  path: FieldPath,
): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const mountPaths = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const at = path.index(index);
    const { name, mountPath } = mount;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at.child('name')));
    const volume = volumes.get(name);
    if (!volume) errors.push(notFoundValue(at.child('name'), name));
    if (mountPath === '') errors.push(required(at.child('mountPath')));
    if (mountPaths.has(mountPath)) {
      errors.push(invalid(at.child('mountPath'), mountPath, 'must be unique'));
    }
    mountPaths.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      errors.push(invalid(at.child('name'), name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      const detail = 'must not already exist as a path in volumeDevices';
      errors.push(invalid(at.child('mountPath'), mountPath, detail));
    }
    return [
      ...errors,
      ...validateSubPaths(mount, at, path),
      ...validateMountPropagation(mount, container, path.child('mountPropagation')),
      ...validateRecursiveReadOnly(mount, path.child('recursiveReadOnly')),
    ];
  });
}

function validateSubPaths(
  { subPath = '', subPathExpr = '' }: VolumeMount,
  path: FieldPath,
  listPath: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (subPath !== '') {
    errors.push(...validateLocalDescendingPath(subPath, listPath.child('subPath')));
  }
  if (subPathExpr !== '') {
    if (subPath !== '') {
      const detail = 'subPathExpr and subPath are mutually exclusive';
      errors.push(invalid(path.child('subPathExpr'), subPathExpr, detail));
    }
    errors.push(...validateLocalDescendingPath(subPathExpr, listPath.child('subPathExpr')));
  }
  return errors;
}

const propagations: readonly string[] = ['Bidirectional', 'HostToContainer', 'None'];

function validateMountPropagation(
  { mountPropagation }: VolumeMount,
  { securityContext }: Container,
  path: FieldPath,
): FieldError[] {
  if (mountPropagation === undefined) return [];
  const errors = propagations.includes(mountPropagation)
    ? []
    : [notSupported(path, mountPropagation, propagations)];
  if (mountPropagation === 'Bidirectional' && securityContext?.privileged !== true) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(path, detail));
  }
  return errors;
}

function validateRecursiveReadOnly(
  { recursiveReadOnly, readOnly, mountPropagation }: VolumeMount,
  path: FieldPath,
): FieldError[] {
  switch (recursiveReadOnly) {
    case undefined:
    case 'Disabled':
      return [];
    case 'Enabled':
    case 'IfPossible':
      return [
        ...(readOnly === true
          ? []
          : [forbidden(path, 'may only be specified when readOnly is true')]),
        ...(mountPropagation === undefined || mountPropagation === 'None'
          ? []
          : [
              forbidden(
                path,
                'may only be specified when mountPropagation is None or not specified',
              ),
            ]),
      ];
    default:
      return [notSupported(path, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'])];
  }
}

/** upstream: ValidateVolumeDevices; only claims can be block devices, and no node here has any. */
export function validateVolumeDevices(
  container: Container,
  volumes: ReadonlyMap<string, Volume>,
  path: FieldPath,
): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const devicePaths = new Set<string>();
  return (container.volumeDevices ?? []).flatMap(({ name, devicePath }, index) => {
    const at = path.index(index);
    const [namePath, devicePathPath] = [at.child('name'), at.child('devicePath')];
    const volume = volumes.get(name);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(namePath));
    if (names.has(name)) errors.push(invalid(namePath, name, 'must be unique'));
    if (!volume) errors.push(notFoundValue(namePath, name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail =
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(invalid(namePath, name, detail));
    }
    if (devicePath === '') errors.push(required(devicePathPath));
    if (devicePaths.has(devicePath)) {
      errors.push(invalid(devicePathPath, devicePath, 'must be unique'));
    }
    if (devicePath.split('/').includes('..')) {
      errors.push(invalid(devicePathPath, devicePath, "can not contain backsteps ('..')"));
    }
    if (mounts.some((mount) => mount.name === name)) {
      errors.push(invalid(namePath, name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some(({ mountPath }) => mountPath === devicePath)) {
      const detail = 'must not already exist as a path in volumeMounts';
      errors.push(invalid(devicePathPath, devicePath, detail));
    }
    names.add(name);
    devicePaths.add(devicePath);
    return errors;
  });
}

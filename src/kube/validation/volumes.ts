import { parseQuantity } from '#kube/quantity.ts';
import type { HostPathVolumeSource, KeyToPath, Volume } from '#kube/types.ts';
import { duplicate, forbidden, notSupported, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isDNS1123Label } from './names.ts';
import { invalidEach } from './labels.ts';
import { validateFileMode, validateLocalNonReservedPath, validateNoBacksteps } from './paths.ts';
import { validateProjected, validateDownwardAPIItems } from './projected-volumes.ts';
import { validateForeignVolume } from './foreign-volumes.ts';

type SourceName = Exclude<keyof Volume, 'name'>;

/** In the order in which upstream looks for them (core/validation, validateVolumeSource). */
const sourceOrder: readonly SourceName[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

/** Also answers with the volumes that are right, by name: what mounts may refer to. */
export function validateVolumes(
  volumes: readonly Volume[],
  path: FieldPath,
): { errors: FieldError[]; byName: Map<string, Volume> } {
  const errors: FieldError[] = [];
  const byName = new Map<string, Volume>();
  volumes.forEach((volume, index) => {
    const at = path.index(index);
    const namePath = at.child('name');
    const found = [
      ...validateVolumeSource(volume, at),
      ...(volume.name === ''
        ? [required(namePath)]
        : invalidEach(namePath, volume.name, isDNS1123Label(volume.name))),
      ...(byName.has(volume.name) ? [duplicate(namePath, volume.name)] : []),
    ];
    if (found.length === 0) byName.set(volume.name, volume);
    errors.push(...found);
  });
  return { errors, byName };
}

function validateVolumeSource(volume: Volume, path: FieldPath): FieldError[] {
  const [first, ...others] = sourceOrder.filter((source) => volume[source] !== undefined);
  if (!first) return [required(path, 'must specify a volume type')];
  return [
    ...validateSource(volume, first, path),
    ...others.map((source) =>
      forbidden(path.child(source), 'may not specify more than 1 volume type'),
    ),
  ];
}

function validateSource(volume: Volume, source: SourceName, path: FieldPath): FieldError[] {
  const at = path.child(source);
  const { emptyDir, hostPath, secret, configMap, downwardAPI, projected } = volume;
  if (source === 'emptyDir' && emptyDir) return validateEmptyDir(emptyDir.sizeLimit, at);
  if (source === 'hostPath' && hostPath) return validateHostPath(hostPath, at);
  if (source === 'secret' && secret) {
    const name = secret.secretName ?? '';
    return [
      ...(name === '' ? [required(at.child('secretName'))] : []),
      ...validateItems(secret, at),
    ];
  }
  if (source === 'configMap' && configMap) {
    const name = configMap.name ?? '';
    return [...(name === '' ? [required(at.child('name'))] : []), ...validateItems(configMap, at)];
  }
  if (source === 'downwardAPI' && downwardAPI) {
    return [
      ...validateFileMode(downwardAPI.defaultMode, at.child('defaultMode')),
      ...validateDownwardAPIItems(downwardAPI.items ?? [], at),
    ];
  }
  if (source === 'projected' && projected) return validateProjected(projected, at);
  return validateForeignVolume(volume, at);
}

function validateEmptyDir(sizeLimit: string | undefined, path: FieldPath): FieldError[] {
  if (sizeLimit === undefined || parseQuantity(sizeLimit).nano >= 0n) return [];
  return [forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')];
}

const hostPathTypes: readonly string[] = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function validateHostPath(
  { path: value, type }: HostPathVolumeSource,
  path: FieldPath,
): FieldError[] {
  if (value === '') return [required(path.child('path'))];
  return [
    ...validateNoBacksteps(value, path.child('path')),
    ...(type === undefined || hostPathTypes.includes(type)
      ? []
      : [notSupported(path.child('type'), type, hostPathTypes)]),
  ];
}

interface WithItems {
  defaultMode?: number;
  items?: KeyToPath[];
}

function validateItems({ defaultMode, items = [] }: WithItems, path: FieldPath): FieldError[] {
  return [
    ...validateFileMode(defaultMode, path.child('defaultMode')),
    ...items.flatMap((item, index) => validateKeyToPath(item, path.child('items').index(index))),
  ];
}

export function validateKeyToPath(
  { key, path: value, mode }: KeyToPath,
  path: FieldPath,
): FieldError[] {
  return [
    ...(key === '' ? [required(path.child('key'))] : []),
    ...(value === '' ? [required(path.child('path'))] : []),
    ...validateLocalNonReservedPath(value, path.child('path')),
    ...validateFileMode(mode, path.child('mode')),
  ];
}

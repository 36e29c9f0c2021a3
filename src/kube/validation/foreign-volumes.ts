import type { Volume } from '#kube/types.ts';
import { invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isDNS1123Subdomain } from './names.ts';
import { invalidEach } from './labels.ts';
import { validateLocalDescendingPath } from './paths.ts';

/**
 * Kinds of volumes that no kubelet here mounts. The API takes them as upstream's does; of the old
 * drivers' own rules only the required fields are checked.
 */
export function validateForeignVolume(volume: Volume, path: FieldPath): FieldError[] {
  for (const [source, fields] of Object.entries(requiredFields)) {
    const value = volume[source as keyof Volume];
    if (typeof value !== 'object') continue;
    const given = value as unknown as Readonly<Record<string, unknown>>;
    const missing = fields.filter((field) => isMissing(given[field]));
    return [
      ...missing.map((field) => required(path.child(field))),
      ...validateFurther(volume, path),
    ];
  }
  return [];
}

const requiredFields: Partial<Record<keyof Volume, readonly string[]>> = {
  gitRepo: ['repository'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  nfs: ['server', 'path'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  flocker: [],
  persistentVolumeClaim: ['claimName'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  quobyte: ['registry', 'volume'],
  fc: [],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  storageos: [],
  scaleIO: ['gateway', 'system'],
  csi: ['driver'],
  ephemeral: ['volumeClaimTemplate'],
  image: ['reference'],
};

function isMissing(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

const pullPolicies: readonly string[] = ['Always', 'IfNotPresent', 'Never'];

function validateFurther({ gitRepo, nfs, csi, image }: Volume, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (gitRepo?.directory !== undefined) {
    errors.push(...validateLocalDescendingPath(gitRepo.directory, path.child('directory')));
  }
  if (nfs && !nfs.path.startsWith('/')) {
    errors.push(invalid(path.child('path'), nfs.path, 'must be an absolute path'));
  }
  if (csi && csi.driver !== '') {
    errors.push(
      ...invalidEach(
        path.child('driver'),
        csi.driver,
        isDNS1123Subdomain(csi.driver.toLowerCase()),
      ),
    );
  }
  const policy = image?.pullPolicy;
  if (policy !== undefined && !pullPolicies.includes(policy)) {
    errors.push(notSupported(path.child('pullPolicy'), policy, pullPolicies));
  }
  return errors;
}

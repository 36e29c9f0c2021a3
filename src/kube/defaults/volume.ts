import type { DownwardAPIVolumeFile, Volume } from '#kube/types.ts';
import { defaultPullPolicy } from './image-pull-policy.ts';

/** 0644. */
const defaultMode = 420;

/** Everything a volume may be of is a field beside its name. */
function hasSource(volume: Volume): boolean {
  return Object.entries(volume).some(([field, value]) => field !== 'name' && value !== undefined);
}

export function setVolumeDefaults(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  const { secret, configMap, downwardAPI, projected, hostPath, image } = volume;
  if (secret) secret.defaultMode ??= defaultMode;
  if (configMap) configMap.defaultMode ??= defaultMode;
  if (downwardAPI) {
    downwardAPI.defaultMode ??= defaultMode;
    setFieldRefDefaults(downwardAPI.items);
  }
  if (projected) {
    projected.defaultMode ??= defaultMode;
    for (const source of projected.sources ?? []) {
      setFieldRefDefaults(source.downwardAPI?.items);
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
    }
  }
  if (hostPath) hostPath.type ??= '';
  if (image) image.pullPolicy ??= defaultPullPolicy(image.reference ?? '');
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) claim.volumeMode ??= 'Filesystem';
  setDriverDefaults(volume);
}

function setFieldRefDefaults(items: DownwardAPIVolumeFile[] | undefined): void {
  for (const { fieldRef } of items ?? []) {
    if (fieldRef) fieldRef.apiVersion ??= 'v1';
  }
}

/** Drivers that no node here has; a pod that names one is still read back as upstream would. */
function setDriverDefaults({ iscsi, rbd, azureDisk, scaleIO }: Volume): void {
  if (iscsi) iscsi.iscsiInterface ??= 'default';
  if (rbd) {
    rbd.pool ??= 'rbd';
    rbd.user ??= 'admin';
    rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ??= 'ThinProvisioned';
    scaleIO.fsType ??= 'xfs';
  }
}

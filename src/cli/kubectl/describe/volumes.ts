import type { ProjectedVolumeSource, Volume } from '#kube/types.ts';
import { tryParseQuantity } from '#kube/quantity.ts';
import type { DescribeWriter } from './describe-writer.ts';

/** describe.go, describeVolumes */
export function describeVolumes(writer: DescribeWriter, volumes: readonly Volume[]): void {
  if (volumes.length === 0) {
    writer.field(0, 'Volumes', '<none>');
    return;
  }
  writer.line(0, 'Volumes:');
  for (const volume of volumes) {
    writer.line(1, `${volume.name}:`);
    const facts = factsOf(volume);
    if (!facts) writer.line(1, '<unknown>');
    for (const [name, value] of facts ?? []) {
      if (name === '') writer.line(3, value ?? '');
      else if (value === undefined) writer.line(2, `${name}:`);
      else if (value === '') writer.raw(`    ${name}:\t\n`);
      else writer.field(2, name, value);
    }
  }
}

/** Without a value, lines without a name follow. */
type Facts = [name: string, value: string | undefined][];

function factsOf(volume: Volume): Facts | undefined {
  const { hostPath, emptyDir, secret, configMap, projected, downwardAPI } = volume;
  const { persistentVolumeClaim: claim, csi, image, nfs } = volume;
  if (hostPath) {
    return [
      ['Type', 'HostPath (bare host directory volume)'],
      ['Path', hostPath.path],
      ['HostPathType', hostPath.type ?? '<none>'],
    ];
  }
  if (emptyDir) {
    const limit = tryParseQuantity(emptyDir.sizeLimit ?? '');
    return [
      ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ['Medium', emptyDir.medium ?? ''],
      ['SizeLimit', limit && !limit.isZero() ? limit.toString() : '<unset>'],
    ];
  }
  if (secret) {
    return [
      ['Type', 'Secret (a volume populated by a Secret)'],
      ['SecretName', secret.secretName ?? ''],
      ['Optional', String(secret.optional ?? false)],
    ];
  }
  if (configMap) {
    return [
      ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
      ['Name', configMap.name ?? ''],
      ['Optional', String(configMap.optional ?? false)],
    ];
  }
  if (projected) return projectedFacts(projected);
  if (downwardAPI) {
    const items = (downwardAPI.items ?? []).map(({ fieldRef, resourceFieldRef, path }) => {
      return `${fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? ''} -> ${path}`;
    });
    return [
      ['Type', 'DownwardAPI (a volume populated by information about the pod)'],
      ['Items', undefined],
      ...items.map((item): [string, string] => ['', item]),
    ];
  }
  if (claim) {
    return [
      [
        'Type',
        'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      ],
      ['ClaimName', claim.claimName],
      ['ReadOnly', String(claim.readOnly ?? false)],
    ];
  }
  if (csi) {
    return [
      ['Type', 'CSI (a Container Storage Interface (CSI) volume source)'],
      ['Driver', csi.driver],
      ['FSType', csi.fsType ?? ''],
      ['ReadOnly', String(csi.readOnly ?? false)],
    ];
  }
  if (image) {
    return [
      ['Type', 'Image (a container image or OCI artifact)'],
      ['Reference', image.reference ?? ''],
      ['PullPolicy', image.pullPolicy ?? ''],
    ];
  }
  if (nfs) {
    return [
      ['Type', 'NFS (an NFS mount that lasts the lifetime of a pod)'],
      ['Server', nfs.server],
      ['Path', nfs.path],
      ['ReadOnly', String(nfs.readOnly ?? false)],
    ];
  }
  return undefined;
}

function projectedFacts({ sources = [] }: ProjectedVolumeSource): Facts {
  return [
    ['Type', 'Projected (a volume that contains injected data from multiple sources)'],
    ...sources.flatMap(({ secret, downwardAPI, configMap, serviceAccountToken }): Facts => {
      if (secret) {
        return [
          ['SecretName', secret.name ?? ''],
          ['Optional', String(secret.optional ?? false)],
        ];
      }
      if (downwardAPI) return [['DownwardAPI', 'true']];
      if (configMap) {
        return [
          ['ConfigMapName', configMap.name ?? ''],
          ['Optional', String(configMap.optional ?? false)],
        ];
      }
      const seconds = serviceAccountToken?.expirationSeconds;
      return seconds === undefined ? [] : [['TokenExpirationSeconds', String(seconds)]];
    }),
  ];
}

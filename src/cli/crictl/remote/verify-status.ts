import type { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { ContainerStatus, PodSandboxStatus } from '#kube/cri/api_pb.ts';
import { failure } from '#cli/command/errors.ts';
import { protoText } from '#cli/crictl/output/proto-text.ts';

/** Throws if the service left out what every sandbox has (k8s.io/cri-client, pkg/utils.go). */
export function verifySandboxStatus({ id, metadata, createdAt }: PodSandboxStatus): void {
  if (id === '') throw notSet('Id');
  if (!metadata) throw notSet('Metadata');
  const { name, namespace, uid } = metadata;
  if (name === '' || namespace === '' || uid === '') {
    const text = quote(protoText(metadata));
    throw failure(`metadata.Name, metadata.Namespace or metadata.Uid is not in metadata ${text}`);
  }
  if (createdAt === 0n) throw notSet('CreatedAt');
}

/** Throws if the service left out what every container has. */
export function verifyContainerStatus(status: ContainerStatus): void {
  const { id, metadata, createdAt, image, imageRef } = status;
  if (id === '') throw notSet('Id');
  if (!metadata) throw notSet('Metadata');
  if (metadata.name === '') {
    throw failure(`metadata.Name is not in metadata ${quote(protoText(metadata))}`);
  }
  if (createdAt === 0n) throw notSet('CreatedAt');
  if (!image || image.image === '') throw notSet('Image');
  if (imageRef === '') throw notSet('ImageRef');
}

function notSet(field: string): SandglassError {
  return failure(`status.${field} is not set`);
}

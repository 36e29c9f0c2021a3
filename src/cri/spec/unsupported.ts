import { SandglassError } from '#base/errors.ts';
import {
  type ContainerConfig,
  NamespaceMode,
  type NamespaceOption,
  type PodSandboxConfig,
} from '#kube/cri/api_pb.ts';

/** What the node cannot do is refused, rather than left out without a word. */
export function refuseUnsupportedSandbox({ linux }: PodSandboxConfig): void {
  refuseUserNamespace(linux?.securityContext?.namespaceOptions);
}

export function refuseUnsupportedContainer({ linux, mounts, CDIDevices }: ContainerConfig): void {
  refuseUserNamespace(linux?.securityContext?.namespaceOptions);
  if (mounts.some(({ image }) => image)) {
    throw new SandglassError('unimplemented', 'image volumes are not supported');
  }
  if (CDIDevices.length > 0) {
    const names = CDIDevices.map(({ name }) => name).join(', ');
    throw new SandglassError('unknown', `unresolvable CDI devices ${names}`);
  }
}

/** Linux 6.1 cannot map the owners of files on tmpfs, which is where all images are. */
function refuseUserNamespace(options: NamespaceOption | undefined): void {
  const mode = options?.usernsOptions?.mode ?? NamespaceMode.NODE;
  if (mode === NamespaceMode.NODE) return;
  throw new SandglassError('unimplemented', 'user namespaces are not supported');
}

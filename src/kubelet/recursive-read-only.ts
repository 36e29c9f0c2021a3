import { SandglassError } from '#base/errors.ts';
import type { RuntimeHandler } from '#kube/cri/api_pb.ts';
import type { VolumeMount } from '#kube/types.ts';

/** Whether a runtime handler, by its name, can make what is mounted below a mount read-only too. */
export function supportsRecursiveReadOnly(
  handlers: readonly RuntimeHandler[],
  name: string,
): boolean {
  return (
    handlers.find((handler) => handler.name === name)?.features?.recursiveReadOnlyMounts ?? false
  );
}

/** Whether it is to be (kubelet_pods.go, resolveRecursiveReadOnly). Throws where the mount asks for what cannot be. */
export function resolveRecursiveReadOnly(
  {
    name,
    readOnly = false,
    mountPropagation = 'None',
    recursiveReadOnly = 'Disabled',
  }: VolumeMount,
  supported: boolean,
): boolean {
  if (recursiveReadOnly === 'Disabled') return false;
  const refuse = (why: string) =>
    new SandglassError(
      'failed-precondition',
      `failed to resolve recursive read-only mode: volume "${name}" requested recursive read-only mode, but it is not ${why}`,
    );
  if (!readOnly) throw refuse('read-only');
  if (mountPropagation !== 'None') {
    throw refuse(`compatible with propagation "${mountPropagation}"`);
  }
  if (recursiveReadOnly === 'Enabled' && !supported) throw refuse('supported by the runtime');
  return supported;
}

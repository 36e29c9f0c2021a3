import type { Container, PodSpec } from './types.ts';

/** Of a spec that may not have been validated yet, so may have none. */
export function mainContainers({ containers }: Partial<PodSpec>): Container[] {
  return containers ?? [];
}

/** In the order that upstream visits them: init, main, ephemeral. */
export function allContainers(spec: PodSpec): Container[] {
  return [
    ...(spec.initContainers ?? []),
    ...mainContainers(spec),
    ...(spec.ephemeralContainers ?? []),
  ];
}

/** A sidecar: an init container that goes on beside the others. */
export function isRestartableInitContainer(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

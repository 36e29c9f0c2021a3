import type { ContainerStatus, Pod, PodSpec } from '#kube/types.ts';

export const namespace = 'default';
const busybox = 'busybox:1.36';

/** A container that ends as soon as it is asked to. */
export function container(
  name: string,
  script = 'trap "exit 0" TERM; echo up; sleep 3600 & wait',
): PodSpec['containers'][number] {
  return { name, image: busybox, command: ['sh', '-c', script] };
}

export function isReady({ status }: Pod): boolean {
  return (
    status?.phase === 'Running' &&
    (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
  );
}

export function containerStatusOf(pod: Pod | undefined, name: string): ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find((status) => status.name === name);
}

export function containerIdOf(pod: Pod | undefined, name: string): string {
  const id = containerStatusOf(pod, name)?.containerID;
  if (id === undefined) throw new Error(`Container ${name} has no id.`);
  return id.slice(id.indexOf('://') + 3);
}

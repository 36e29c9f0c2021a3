import { applyDefaults } from '#kube/defaults/defaults.ts';
import type { Container, Pod, PodSpec } from '#kube/types.ts';

/** For tests: a pod that is right but for what the test gives it, defaulted as the API server does. */
export function podOf(spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return applyDefaults<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', resourceVersion: '1', ...metadata },
    spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
  });
}

export function withContainer(container: Partial<Container>): Partial<PodSpec> {
  return { containers: [{ name: 'c', image: 'busybox', ...container }] };
}

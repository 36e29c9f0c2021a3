import { SandglassError } from '#base/errors.ts';
import type { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';

/** Of one container that does nothing, and ends soon when it is to. */
export function idlePod(name: string): Pod {
  const container = { name: 'main', image: 'busybox:1.36', command: ['sleep', '86400'] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [container], terminationGracePeriodSeconds: 1 },
  };
}

export async function nodeReady({ clientFor, signal }: Kubernetes): Promise<void> {
  for await (const { object } of clientFor('benchmark').watch(resources.nodes, { signal })) {
    const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return;
  }
  throw new SandglassError('unavailable', 'The watch of nodes ended before one was ready.');
}

export async function podReaches(
  { clientFor, signal }: Kubernetes,
  name: string,
  isMeant: (pod: Pod | undefined) => boolean,
): Promise<void> {
  const pods = clientFor('benchmark').watch(resources.pods, {
    namespace: 'default',
    fieldSelector: `metadata.name=${name}`,
    sendInitialEvents: true,
    allowWatchBookmarks: true,
    resourceVersionMatch: 'NotOlderThan',
    signal,
  });
  let pod: Pod | undefined;
  for await (const { type, object } of pods) {
    if (type !== 'BOOKMARK') pod = type === 'DELETED' ? undefined : object;
    else if (object.metadata?.annotations?.['k8s.io/initial-events-end'] !== 'true') continue;
    if (isMeant(pod)) return;
  }
  throw new SandglassError('unavailable', `The watch of ${name} ended.`);
}

import { type Clock, systemClock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError } from '#base/errors.ts';
import type { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import type { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import { resources } from '#kube/resources.ts';
import type { HeadlessApi, NodeApi } from '#rpc/contracts.ts';
import type { ClientDoors } from './client-doors.ts';

/** Milliseconds for a kubelet to report its node Ready: some seconds, but for a machine that is starved. */
const readyTime = 300_000;

export interface HeadlessParts {
  service: NodeApi;
  cluster: NodeCluster;
  doors: ClientDoors;
  nodeName: string;
  /** Whether there is one to report the node Ready. */
  kubelet: boolean;
}

/** What the thread of a headless node offers. */
export function headlessService(parts: HeadlessParts): HeadlessApi {
  const { service, doors } = parts;
  return {
    ...service,
    listen: (options) => doors.listen(options),
    whenReady: () => whenReady(parts, systemClock),
    stopListening: () => {
      doors.close();
      return Promise.resolve();
    },
  };
}

async function whenReady(
  { cluster, doors, nodeName, kubelet }: HeadlessParts,
  clock: Clock,
): Promise<void> {
  const kubernetes = await cluster.kubernetesToCome();
  await doors.openInGuest();
  if (!kubelet) {
    await kubernetes.criClients.runtime.version({});
    return;
  }
  const over = new AbortController();
  const signal = AbortSignal.any([kubernetes.signal, over.signal]);
  const late = `The kubelet did not report ${nodeName} Ready within ${readyTime / 1000} s.`;
  try {
    await withDeadline(nodeReady(kubernetes, nodeName, signal), clock, readyTime, late, signal);
  } finally {
    over.abort();
  }
}

async function nodeReady(
  { clientFor }: Kubernetes,
  nodeName: string,
  signal: AbortSignal,
): Promise<void> {
  const nodes = clientFor('headless').watch(resources.nodes, {
    fieldSelector: `metadata.name=${nodeName}`,
    signal,
  });
  for await (const { object } of nodes) {
    const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return;
  }
  throw new SandglassError('unavailable', 'The API server ended the watch of the node.');
}

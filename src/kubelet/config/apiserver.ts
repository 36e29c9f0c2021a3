import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { Informer } from '#kube/client/informer.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';
import { configSourceAnnotation } from '#kubelet/pod-facts.ts';
import type { PodConfig } from './pod-config.ts';

/** Watches the pods that are bound to this node (pkg/kubelet/config/apiserver.go). */
export function apiserverSource(options: {
  api: KubeClient;
  clock: Clock;
  nodeName: string;
  config: PodConfig;
  onError: (error: unknown) => void;
}): { run(signal: AbortSignal): Promise<void> } {
  const { api, clock, nodeName, config, onError } = options;
  const informer = new Informer<Pod>({
    api,
    resource: resources.pods,
    clock,
    fieldSelector: `spec.nodeName=${nodeName}`,
    onError,
  });
  const tell = () => config.set('api', informer.store.list().map(marked));
  const told = () => {
    if (informer.hasSynced) tell();
  };
  informer.listen({ onAdd: told, onUpdate: told, onDelete: told });
  return {
    async run(signal) {
      const synced = informer.waitForSync(signal).then(tell, () => undefined);
      await Promise.all([informer.run(signal), synced]);
    },
  };
}

function marked(pod: Pod): Pod {
  const annotations = { ...pod.metadata?.annotations, [configSourceAnnotation]: 'api' };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

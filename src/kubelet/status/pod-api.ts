import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { PodApi } from './status-manager.ts';

export function podApi(api: KubeClient): PodApi {
  return {
    get: (namespace, name, signal) => api.get(resources.pods, { namespace, name }, { signal }),
    patchStatus: (namespace, name, patch, signal) =>
      api.patch(resources.pods, { namespace, name }, patch, {
        type: 'strategic',
        subresource: 'status',
        signal,
      }),
    async delete(namespace, name, uid, signal) {
      await api.delete(
        resources.pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid }, signal },
      );
    },
  };
}

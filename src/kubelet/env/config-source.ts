import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isNotFound, notFound } from '#kube/status.ts';
import type { ConfigSource } from './environment.ts';

/**
 * ConfigMaps and secrets straight from the API. A missing one is named in the singular, as the
 * kubelet's own caches have it (pkg/kubelet/util/manager/watch_based_manager.go).
 */
export function apiConfigSource(api: KubeClient): ConfigSource {
  return {
    configMap: (namespace, name) =>
      named('configmap', name, api.get(resources.configMaps, { namespace, name })),
    secret: (namespace, name) =>
      named('secret', name, api.get(resources.secrets, { namespace, name })),
  };
}

async function named<T>(resource: string, name: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isNotFound(error) ? notFound({ group: '', resource }, name) : error;
  }
}

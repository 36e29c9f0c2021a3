import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';

/** The handler of the pod's RuntimeClass; empty for the runtime's default (pkg/kubelet/runtimeclass). */
export async function runtimeHandlerOf(pod: Pod, api: KubeClient): Promise<string> {
  const name = pod.spec?.runtimeClassName;
  if (name === undefined || name === '') return '';
  try {
    return (await api.get(resources.runtimeClasses, { name })).handler;
  } catch (error) {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(code, `failed to lookup runtimeclass "${name}": ${message}`, {
      cause: error,
    });
  }
}

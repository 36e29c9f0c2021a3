import { untilAborted } from '#base/until-aborted.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isAlreadyExists } from '#kube/status.ts';
import type { RuntimeClass } from '#kube/types.ts';

/**
 * What a pod's shim and VMM take of the node. The memory of the virtual machine is none of the node's: it lies beside
 * it, in the same tab.
 */
const overhead = { podFixed: { cpu: '20m', memory: '4Mi' } };

/** The classes that Kata's installer makes (tools/packaging/kata-deploy), as far as there are machines for them. */
const classes: readonly RuntimeClass[] = [
  ['kata', 'kata-qemu'],
  ['kata-qemu', 'kata-qemu'],
  ['kata-fc', 'kata-fc'],
  ['kata-template', 'kata-template'],
].map(([name = '', handler = '']) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler,
  overhead,
}));

/** Makes those that are missing, and stays until the end; one that is there is left as the reader has it. */
export async function keepRuntimeClasses(api: KubeClient, signal: AbortSignal): Promise<void> {
  for (const one of classes) {
    try {
      await api.create(resources.runtimeClasses, one, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
  await untilAborted(new Promise<never>(() => undefined), signal);
}

import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isAlreadyExists, isNotFound } from '#kube/status.ts';
import type { Pod } from '#kube/types.ts';
import {
  configHashAnnotation,
  configMirrorAnnotation,
  isDeleted,
  nameOf,
  namespaceOf,
  uidOf,
} from './pod-facts.ts';
import { isMirrorOf } from './pod-manager.ts';

/** Shows static pods in the API (pkg/kubelet/pod/mirror_client.go). */
export class MirrorClient {
  readonly #api: KubeClient;
  readonly #nodeName: string;

  constructor(api: KubeClient, nodeName: string) {
    this.#api = api;
    this.#nodeName = nodeName;
  }

  /** Makes the mirror, in place of one that shows another version. */
  async ensure(pod: Pod, mirror: Pod | undefined): Promise<void> {
    if (mirror && (isDeleted(mirror) || !isMirrorOf(mirror, pod))) await this.delete(mirror);
    else if (mirror) return;
    const { annotations = {}, name, namespace, labels } = pod.metadata ?? {};
    const hash = annotations[configHashAnnotation] ?? uidOf(pod);
    try {
      await this.#api.create(resources.pods, {
        metadata: {
          ...(name !== undefined && { name }),
          ...(namespace !== undefined && { namespace }),
          ...(labels && { labels }),
          annotations: { ...annotations, [configMirrorAnnotation]: hash },
          ownerReferences: [await this.#nodeReference()],
        },
        ...(pod.spec && { spec: pod.spec }),
      });
    } catch (error) {
      // Perhaps the mirror from before a restart, which the watch is about to tell.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /** At once: nothing runs under a mirror. */
  async delete(mirror: Pod): Promise<void> {
    const key = { namespace: namespaceOf(mirror), name: nameOf(mirror) };
    try {
      await this.#api.delete(resources.pods, key, {
        gracePeriodSeconds: 0,
        preconditions: { uid: uidOf(mirror) },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #nodeReference() {
    const node = await this.#api.get(resources.nodes, { name: this.#nodeName });
    return {
      apiVersion: 'v1',
      kind: 'Node',
      name: this.#nodeName,
      uid: node.metadata?.uid ?? '',
      controller: true,
    };
  }
}

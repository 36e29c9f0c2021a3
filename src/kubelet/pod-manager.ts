import type { Pod } from '#kube/types.ts';
import {
  configHashAnnotation,
  configMirrorAnnotation,
  fullNameOf,
  isMirrorPod,
  isStaticPod,
  uidOf,
} from './pod-facts.ts';

/** The pods that should be on the node, static ones and their mirrors told apart (pkg/kubelet/pod/pod_manager.go). */
export class PodManager {
  readonly #pods = new Map<string, Pod>();
  readonly #byFullName = new Map<string, Pod>();
  readonly #mirrors = new Map<string, Pod>();
  readonly #mirrorsByFullName = new Map<string, Pod>();

  /** Adds or replaces. */
  update(pod: Pod): void {
    const mirror = isMirrorPod(pod);
    (mirror ? this.#mirrors : this.#pods).set(uidOf(pod), pod);
    (mirror ? this.#mirrorsByFullName : this.#byFullName).set(fullNameOf(pod), pod);
  }

  remove(pod: Pod): void {
    const [byUid, byName] = isMirrorPod(pod)
      ? [this.#mirrors, this.#mirrorsByFullName]
      : [this.#pods, this.#byFullName];
    byUid.delete(uidOf(pod));
    if (uidOf(byName.get(fullNameOf(pod)) ?? {}) === uidOf(pod)) byName.delete(fullNameOf(pod));
  }

  /** Without mirrors. */
  pods(): Pod[] {
    return [...this.#pods.values()];
  }

  mirrors(): Pod[] {
    return [...this.#mirrors.values()];
  }

  get(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  getByFullName(name: string): Pod | undefined {
    return this.#byFullName.get(name);
  }

  mirrorOf(pod: Pod): Pod | undefined {
    return isStaticPod(pod) ? this.#mirrorsByFullName.get(fullNameOf(pod)) : undefined;
  }

  podOfMirror(mirror: Pod): Pod | undefined {
    return this.#byFullName.get(fullNameOf(mirror));
  }

  /** Mirrors whose static pod is gone. */
  orphanedMirrors(): Pod[] {
    return this.mirrors().filter((mirror) => !this.podOfMirror(mirror));
  }
}

/** Whether a mirror shows this static pod as it is now (mirror_client.go, IsMirrorPodOf). */
export function isMirrorOf(mirror: Pod, pod: Pod): boolean {
  const hash = pod.metadata?.annotations?.[configHashAnnotation];
  return (
    fullNameOf(mirror) === fullNameOf(pod) &&
    mirror.metadata?.annotations?.[configMirrorAnnotation] === (hash ?? uidOf(pod))
  );
}

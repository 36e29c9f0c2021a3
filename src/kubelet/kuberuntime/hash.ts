import type { Container } from '#kube/types.ts';

/**
 * Of the fields whose change restarts a container: name and image
 * (pkg/kubelet/container/helpers.go, HashContainer and pickFieldsToHash).
 */
export function hashContainer(container: Container): string {
  return fnv32a(JSON.stringify({ image: container.image, name: container.name })).toString(16);
}

/** FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

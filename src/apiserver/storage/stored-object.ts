import type { KubeObject, ObjectMeta } from '#kube/types.ts';

export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** An object as the store holds it: complete, and frozen to the last leaf, so that readers may share it. */
export interface StoredObject extends KubeObject {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
}

/** Freezes the value and all that it holds; a value frozen before is taken as frozen throughout. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** `namespace/name`, or the name alone where there is no namespace: the order in which lists come. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

import type { KubeObject, ObjectMeta } from '#kube/types.ts';

export type { StoredObject } from '#apiserver/storage/stored-object.ts';

/** A decoded object on its way into the store; whoever holds it may change it. */
export interface Unstored extends KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

import type { ListMeta, ObjectMeta } from './types.generated.ts';

export type * from './types.generated.ts';

/** What every object says of itself. */
export interface TypeMeta {
  apiVersion?: string;
  kind?: string;
}

/** Any object of the API, its kind's own fields unseen. */
export interface KubeObject extends TypeMeta {
  metadata?: ObjectMeta;
}

export interface KubeList<T extends KubeObject = KubeObject> extends TypeMeta {
  metadata?: ListMeta;
  items: T[];
}

/** Of `WatchEvent.type` (apimachinery, pkg/watch/watch.go). */
export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

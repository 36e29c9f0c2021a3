import type { WatchEventType } from '#kube/types.ts';

export interface ObjectKey {
  namespace?: string | undefined;
  name: string;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
}

export interface ListOptions extends RequestOptions {
  /** All namespaces if absent. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  allowWatchBookmarks?: boolean | undefined;
  sendInitialEvents?: boolean | undefined;
  timeoutSeconds?: number | undefined;
}

export interface WriteOptions extends RequestOptions {
  dryRun?: 'All' | undefined;
  fieldManager?: string | undefined;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore' | undefined;
}

export interface DeleteOptions extends RequestOptions {
  gracePeriodSeconds?: number | undefined;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
  dryRun?: 'All' | undefined;
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

export type PatchType = keyof typeof patchTypes;

export interface PatchOptions extends WriteOptions {
  /** `strategic` if absent. */
  type?: PatchType | undefined;
  subresource?: string | undefined;
}

/** What a watch yields; an ERROR ends the watch as the error that it carries. */
export interface WatchEvent<T> {
  type: Exclude<WatchEventType, 'ERROR'>;
  /** Of a BOOKMARK only kind and resource version. */
  object: T;
}

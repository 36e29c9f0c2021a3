import type { PodRef } from '#base/trace-records.ts';
import { uidOnNode } from '#kube/mirror-pods.ts';
import { resources } from '#kube/resources.ts';
import { userAgentOf } from '#kube/user-agent.ts';
import type { StoredObject } from '#apiserver/registry/unstored.ts';
import type { ApiContext } from './context.ts';
import type { Scope } from './scope.ts';

export type WriteVerb = 'create' | 'update' | 'patch' | 'delete' | 'binding';

/** Tells the trace of a write that was committed; of a static pod's mirror by the UID that all others tell of it by. */
export function recordWrite(
  { trace }: Pick<ApiContext, 'trace'>,
  scope: Pick<Scope, 'resource' | 'path'> & { request: Pick<Request, 'headers'> },
  verb: WriteVerb,
  object: StoredObject,
  status: number,
): void {
  const { name, namespace, resourceVersion } = object.metadata;
  const { subresource } = scope.path;
  const pod: PodRef | undefined =
    scope.resource === resources.pods
      ? { namespace: namespace ?? '', name, uid: uidOnNode(object) }
      : undefined;
  trace.emit({
    kind: 'api-write',
    verb,
    resource: scope.resource.resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    name,
    resourceVersion,
    status,
    userAgent: userAgentOf(scope.request.headers),
    ...(pod === undefined ? {} : { pod }),
  });
}

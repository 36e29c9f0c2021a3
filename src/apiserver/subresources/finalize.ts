import type { Namespace } from '#kube/types.ts';
import { validateNamespaceFinalizeUpdate } from '#kube/validation/validate.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';
import { checkName, incomingObject } from '#apiserver/rest/incoming.ts';
import { writeOptions } from '#apiserver/rest/options.ts';
import { recordWrite } from '#apiserver/rest/record-write.ts';
import { targetOf, type Scope } from '#apiserver/rest/scope.ts';
import type { Written } from '#apiserver/rest/write.ts';
import type { Unstored } from '#apiserver/registry/unstored.ts';

/** Sets who must agree to a namespace's end; with nobody left, in its metadata either, it ends (upstream: pkg/registry/core/namespace/storage, FinalizeREST). */
export async function finalize(context: ApiContext, scope: Scope): Promise<Written> {
  const { dryRun, fieldValidation } = writeOptions(scope.query, 'UpdateOptions');
  const given = (await incomingObject(scope, fieldValidation)) as Namespace & Unstored;
  checkName(scope, given);
  const { registry, collection } = scope.served;
  const target = targetOf(scope);
  const finalizers = given.spec?.finalizers ?? [];
  const object = registry.update(
    target,
    (current) => {
      const next = structuredClone(current) as Namespace & Unstored;
      next.metadata.resourceVersion = given.metadata.resourceVersion ?? '';
      next.spec = { finalizers };
      return next;
    },
    {
      subresource: 'finalize',
      validate: (next, previous) => validateNamespaceFinalizeUpdate(next, previous),
      dryRun,
    },
  );
  if (!dryRun) {
    const ends = context.store.get(collection, target.name) === undefined;
    recordWrite(context, scope, ends ? 'delete' : 'update', object, 200);
  }
  return { code: 200, object };
}

import { SandglassError } from '#base/errors.ts';
import { decodeAs } from '#kube/schema/decode.ts';
import { apiVersionOf } from '#kube/resources.ts';
import { badRequest, isNotFound } from '#kube/status.ts';
import type { DeleteOptions, KubeList, KubeObject, Status } from '#kube/types.ts';
import { selectionOf } from './selection.ts';
import type { Deleted } from '#apiserver/registry/registry.ts';
import { objectText, readBody } from './body.ts';
import type { ApiContext } from './context.ts';
import { prefixOf } from './list.ts';
import { checkDeleteOptions, deleteOptionsOf, listOptions } from './options.ts';
import { recordWrite } from './record-write.ts';
import { targetOf, type Scope } from './scope.ts';

export interface DeleteAnswer {
  code: number;
  object: KubeObject | Status;
}

export async function deleteOne(context: ApiContext, scope: Scope): Promise<DeleteAnswer> {
  const options = await readDeleteOptions(scope);
  const target = targetOf(scope);
  const { result, object, gone } = deleteNow(context, scope, target, options);
  // A caller that wanted dependents gone as well is told that it takes a while.
  const code = !gone && options.orphanDependents === false ? 202 : 200;
  return { code, object: result === object ? scope.served.fromStored(object) : result };
}

/** Deletes all that the selectors leave; answers with the list of it. */
export async function deleteCollection(
  context: ApiContext,
  scope: Scope,
): Promise<{ code: number; object: KubeList }> {
  const options = await readDeleteOptions(scope);
  const selectors = listOptions(scope.query);
  const { served, resource } = scope;
  const selection = selectionOf(served, selectors, undefined);
  const entries = context.store
    .list(served.collection, prefixOf(scope))
    .filter(({ object }) => selection.matches(object));
  const revision = context.store.revision;
  for (const { object } of entries) {
    const { name, namespace } = object.metadata;
    try {
      deleteNow(context, scope, { namespace, name }, options);
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
  }
  const list: KubeList = {
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(revision) },
    items: entries.map(({ object }) => served.fromStored(object)),
  };
  return { code: 200, object: list };
}

function deleteNow(
  context: ApiContext,
  scope: Scope,
  target: { namespace: string | undefined; name: string },
  options: DeleteOptions,
): Deleted {
  context.admission.admitDelete(scope.resource, target.name);
  const before = context.store.revision;
  const deleted = scope.served.registry.delete(target, options);
  if (context.store.revision !== before) {
    recordWrite(context, scope, 'delete', deleted.object, 200);
  }
  return deleted;
}

async function readDeleteOptions(scope: Scope): Promise<DeleteOptions> {
  const body = await readBody(scope.request);
  const options = body.length === 0 ? deleteOptionsOf(scope.query) : decodeOptions(scope, body);
  checkDeleteOptions(options);
  return options;
}

function decodeOptions({ request }: Scope, body: Uint8Array): DeleteOptions {
  const kind = 'DeleteOptions';
  const { text, format } = objectText(request.headers, body, kind);
  const target = { apiVersion: versionIn(text) ?? 'v1', kind, definition: kind };
  try {
    return decodeAs<DeleteOptions & KubeObject>(target, text, 'Ignore', format).object;
  } catch (thrown) {
    if (thrown instanceof SandglassError) throw badRequest(thrown.message);
    throw thrown;
  }
}

/** Old clients send the options in the version of the group that they delete from. */
function versionIn(text: string): string | undefined {
  return /"apiVersion"\s*:\s*"([^"]*)"/.exec(text)?.[1];
}

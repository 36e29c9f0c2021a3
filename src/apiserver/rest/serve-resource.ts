import { unknownPath } from '#kube/status.ts';
import type { Verb } from '#kube/resources.ts';
import type { KubeList, KubeObject } from '#kube/types.ts';
import { bind } from '#apiserver/subresources/binding.ts';
import { finalize } from '#apiserver/subresources/finalize.ts';
import { log } from '#apiserver/subresources/log.ts';
import { upgradeRequired } from '#apiserver/subresources/streams.ts';
import { answer } from './answers.ts';
import type { ApiContext } from './context.ts';
import { convert, tableOptions } from './convert.ts';
import { deleteCollection, deleteOne } from './delete.ts';
import { list } from './list.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { boolean } from './options.ts';
import type { ResourcePath } from './request-path.ts';
import { targetOf, type Scope } from './scope.ts';
import { watch } from './watch.ts';
import { create, patch, update } from './write.ts';

/** What a request's method means for its path. */
export function verbOf({ method }: Request, path: ResourcePath, query: URLSearchParams): Verb {
  const isOne = path.name !== undefined;
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (path.subresource === undefined && boolean(query, 'watch')) return 'watch';
      return isOne ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isOne ? 'delete' : 'deletecollection';
    default:
      throw methodNotAllowed();
  }
}

/** Throws 405 for what the resource, or its subresource, does not take. */
export function checkVerb(verb: Verb, { resource, subresource, name }: ResourcePath): void {
  const verbs =
    subresource === undefined
      ? resource.verbs
      : (resource.subresources.find((one) => one.name === subresource)?.verbs ?? []);
  const isNamed = verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete';
  const fits =
    subresource !== undefined ||
    verb === 'watch' ||
    (isNamed ? name !== undefined : name === undefined);
  if (!verbs.includes(verb) || !fits) throw methodNotAllowed();
}

export async function serveResource(
  context: ApiContext,
  scope: Scope,
  verb: Verb,
): Promise<Response> {
  const { subresource } = scope.path;
  if (subresource !== undefined && subresource !== 'status') {
    return serveSubresource(context, scope, subresource);
  }
  switch (verb) {
    case 'get': {
      const stored = scope.served.registry.get(targetOf(scope));
      return shown(context, scope, 200, scope.served.fromStored(stored));
    }
    case 'list':
      return shown(context, scope, 200, list(context, scope));
    case 'watch':
      return watch(context, scope);
    case 'create':
      return finished(context, scope, create(context, scope));
    case 'update':
      return finished(context, scope, update(context, scope));
    case 'patch':
      return finished(context, scope, patch(context, scope));
    case 'delete':
      return finished(context, scope, deleteOne(context, scope));
    case 'deletecollection':
      return finished(context, scope, deleteCollection(context, scope));
  }
}

async function serveSubresource(
  context: ApiContext,
  scope: Scope,
  subresource: string,
): Promise<Response> {
  switch (subresource) {
    case 'binding':
      return finished(context, scope, bind(context, scope));
    case 'finalize':
      return finished(context, scope, finalize(context, scope));
    case 'log':
      return log(context, scope);
    case 'exec':
    case 'attach':
    case 'portforward':
      throw upgradeRequired();
    default:
      throw unknownPath();
  }
}

async function finished(
  context: ApiContext,
  scope: Scope,
  work: Promise<{ code: number; object: KubeObject | KubeList }>,
): Promise<Response> {
  const { code, object } = await work;
  return shown(context, scope, code, object);
}

function shown(
  { clock }: ApiContext,
  scope: Scope,
  code: number,
  object: KubeObject | KubeList,
): Response {
  const { output, query, warnings } = scope;
  const value = convert(object, output.conversion, tableOptions(query), clock.wallTime());
  return answer(code, value, output, warnings);
}

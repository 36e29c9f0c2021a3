import { methodNotAllowed } from './method-not-allowed.ts';
import type { Resource } from '#kube/resources.ts';
import type { Served } from '#apiserver/registry/served.ts';
import type { Target } from '#apiserver/registry/registry.ts';
import type { Output } from './media-types.ts';
import type { ResourcePath } from './request-path.ts';

/** One request for a resource, understood so far. */
export interface Scope {
  request: Request;
  url: URL;
  query: URLSearchParams;
  path: ResourcePath;
  resource: Resource;
  served: Served;
  output: Output;
  /** For Warning headers; handlers add to it. */
  warnings: string[];
}

/** The object that the path names. */
export function targetOf({ path }: Pick<Scope, 'path'>): Target {
  const { name, namespace } = path;
  if (name === undefined) throw methodNotAllowed();
  return { namespace, name };
}

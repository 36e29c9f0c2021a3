import { resourceByPath, type Resource } from '#kube/resources.ts';

/** What a path of the API names. */
export interface ResourcePath {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

/** upstream: apiserver/pkg/endpoints/request/requestinfo.go. `undefined` where nothing is served. */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const parts = splitPath(pathname);
  const [group, version, rest] =
    parts[0] === 'api'
      ? ['', parts[1], parts.slice(2)]
      : [parts[1] ?? '', parts[2], parts.slice(3)];
  if ((parts[0] !== 'api' && parts[0] !== 'apis') || version === undefined) return undefined;
  const find = (name: string) => resourceByPath(group, version, name);
  const [first, namespace, name, ...others] = rest;
  if (first === undefined) return undefined;

  const inNamespace = first === 'namespaces' && name !== undefined ? find(name) : undefined;
  if (inNamespace?.namespaced) {
    const [object, subresource, ...more] = others;
    if (more.length > 0) return undefined;
    return checked({ resource: inNamespace, namespace, name: object, subresource });
  }
  const resource = find(first);
  if (!resource || others.length > 0) return undefined;
  // An object in a namespace cannot be named without it.
  if (resource.namespaced && namespace !== undefined) return undefined;
  return checked({ resource, namespace: undefined, name: namespace, subresource: name });
}

function checked(path: ResourcePath): ResourcePath | undefined {
  const { resource, subresource } = path;
  const isKnown =
    subresource === undefined || resource.subresources.some(({ name }) => name === subresource);
  return isKnown ? path : undefined;
}

function splitPath(pathname: string): string[] {
  try {
    return pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    return [];
  }
}

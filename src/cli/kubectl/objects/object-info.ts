import { resourcePath, type Resource } from '#kube/resources.ts';
import type { KubeObject, ObjectMeta } from '#kube/types.ts';
import { isObject } from '#cli/text/json.ts';

/** An object of the API with all its fields, whatever its kind. */
export type AnyObject = KubeObject & Record<string, unknown>;

/** One thing that a command is about (cli-runtime, pkg/resource/visitor.go, Info). */
export interface Info {
  resource: Resource;
  /** Empty for what is in none. */
  namespace: string;
  name: string;
  /** The file that it comes from. */
  source?: string;
  /** What the file or the server says; absent until it is asked for. */
  object?: AnyObject;
}

export function isList(object: unknown): object is AnyObject & { items: AnyObject[] } {
  return isObject(object) && Array.isArray(object['items']);
}

export function metadataOf(object: KubeObject): ObjectMeta {
  return object.metadata ?? {};
}

/** `pod/web`, `lease.coordination.k8s.io/node-1` */
export function objectName(
  { group, kind }: Pick<Resource, 'group' | 'kind'>,
  name: string,
): string {
  return `${kindText({ group, kind })}/${name}`;
}

export function kindText({ group, kind }: Pick<Resource, 'group' | 'kind'>): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

/** Where the object is served. */
export function pathOf({ resource, namespace, name }: Info, subresource?: string): string {
  return resourcePath(resource, { namespace, name, subresource });
}

/** As Go prints a GroupVersionResource: `/v1, Resource=pods`. */
export function gvrText({ group, version, resource }: Resource): string {
  return `${group}/${version}, Resource=${resource}`;
}

/** As messages about patches describe it (visitor.go, Info.String). */
export function describeInfo({ resource, namespace, name }: Info): string {
  const { group, version, kind } = resource;
  const gvk = `${group}/${version}, Kind=${kind}`;
  return `Resource: "${gvrText(resource)}", GroupVersionKind: "${gvk}"\nName: "${name}", Namespace: "${namespace}"`;
}

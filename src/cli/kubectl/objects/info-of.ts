import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { Resource } from '#kube/resources.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { metadataOf, type AnyObject, type Info } from './object-info.ts';

/** Which resource an object of a file is (mapper.go, infoForData). */
export async function infoOf(
  context: KubectlContext,
  object: AnyObject,
  source: string,
): Promise<Info> {
  const { apiVersion = '', kind = '' } = object;
  const { name = '', namespace = '' } = metadataOf(object);
  let resource: Resource | undefined;
  try {
    resource = await context.discovery.resourceOfKind(apiVersion, kind);
  } catch (error) {
    throw failure(`unable to recognize ${quote(source)}: ${asSandglassError(error).message}`);
  }
  if (!resource) {
    throw failure(
      `resource mapping not found for name: ${quote(name)} namespace: ${quote(namespace)} from ${quote(source)}: no matches for kind ${quote(kind)} in version ${quote(apiVersion)}\nensure CRDs are installed first`,
    );
  }
  return { resource, namespace, name, source, object };
}

import { resourcePath } from '#kube/resources.ts';
import type { CompletionRequest } from '#cli/command/command.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { isList, metadataOf } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';

/** Kinds first, then names of the kind; after `kind/` names with it (kubectl, pkg/util/completion). */
export async function completeResources(
  request: CompletionRequest<KubectlContext>,
): Promise<readonly string[]> {
  const { context, args, word } = request;
  const slash = word.indexOf('/');
  if (slash > 0) {
    const type = word.slice(0, slash);
    return (await objectNames(request, type)).map((name) => `${type}/${name}`);
  }
  const [type] = args;
  if (type !== undefined) return type.includes('/') ? [] : objectNames(request, type);
  const resources = await context.discovery.resources();
  return resources
    .filter(({ verbs }) => verbs.includes('get'))
    .map(({ resource, group }) => (group === '' ? resource : `${resource}.${group}`));
}

/** Names of pods, as the commands want that are about one. */
export async function completePods(
  request: CompletionRequest<KubectlContext>,
): Promise<readonly string[]> {
  return request.args.length === 0 ? objectNames(request, 'pods') : [];
}

export async function completeNodes(
  request: CompletionRequest<KubectlContext>,
): Promise<readonly string[]> {
  return objectNames(request, 'nodes');
}

/** What cannot be asked completes to nothing, as a shell shows no errors here. */
export async function objectNames(
  { context }: CompletionRequest<KubectlContext>,
  type: string,
): Promise<string[]> {
  try {
    const resource = await context.discovery.resourceFor(type);
    const namespace = resource.namespaced ? (await context.namespace()).name : '';
    const list = await requestJson(context, resourcePath(resource, { namespace }));
    return isList(list) ? list.items.map((item) => metadataOf(item).name ?? '') : [];
  } catch {
    return [];
  }
}

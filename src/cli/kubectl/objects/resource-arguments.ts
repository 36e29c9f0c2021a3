import { failure } from '#cli/command/errors.ts';
import type { Discovery } from '#cli/kubectl/discovery.ts';
import { groupResourceText } from '#kube/resources.ts';

export interface ResourceArguments {
  /** Kinds, of which all or those with the names are meant. */
  types: string[];
  names: string[];
  /** Objects given as `type/name`. */
  tuples: { type: string; name: string }[];
}

/** `pods web`, `pods,nodes`, `pod/web node/a`: builder.go, ResourceTypeOrNameArgs. */
export async function parseResourceArguments(
  args: readonly string[],
  discovery: Discovery,
): Promise<ResourceArguments> {
  const normalized = normalize(args);
  const withSlash = normalized.filter((word) => word.includes('/'));
  if (withSlash.length > 0) {
    if (withSlash.length < normalized.length) {
      throw failure(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    return { types: [], names: [], tuples: normalized.map(splitTuple) };
  }
  const [first, ...names] = normalized;
  if (first === undefined) return { types: [], names: [], tuples: [] };
  return { types: await expandCategories(first, discovery), names, tuples: [] };
}

/** `a,b c d` is `a/c a/d b/c b/d`. */
function normalize(args: readonly string[]): string[] {
  const [first = '', ...names] = args;
  const types = splitTypes(first);
  if (names.length === 0 || types.length < 2) return [...args];
  return types.flatMap((type) => names.map((name) => `${type}/${name}`));
}

export function splitTypes(text: string): string[] {
  return [...new Set(text.split(','))];
}

export function splitTuple(word: string): { type: string; name: string } {
  const parts = word.split('/');
  if (parts.length !== 2) {
    throw failure('arguments in resource/name form may not have more than one slash');
  }
  const [type = '', name = ''] = parts;
  if (type === '' || name === '' || type.includes(',')) {
    throw failure('arguments in resource/name form must have a single resource and name');
  }
  return { type, name };
}

async function expandCategories(text: string, discovery: Discovery): Promise<string[]> {
  const expanded = await Promise.all(
    splitTypes(text).map(async (type) => {
      const members = await discovery.category(type);
      return members?.map(groupResourceText) ?? [type];
    }),
  );
  return [...new Set(expanded.flat())];
}

import { apiVersionOf } from '#kube/resources.ts';
import { badRequest, expired, statusError, timeout } from '#kube/status.ts';
import { quote } from '#kube/go-text.ts';
import type { KubeList, ListMeta } from '#kube/types.ts';
import { SandglassError } from '#base/errors.ts';
import type { Entry } from '#apiserver/storage/store.ts';
import type { ApiContext } from './context.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { listOptions, type ListOptions } from './options.ts';
import type { Scope } from './scope.ts';
import { selectionOf } from './selection.ts';

/** The keys of a list begin so. */
export function prefixOf({ path }: Pick<Scope, 'path'>): string {
  return path.namespace === undefined ? '' : `${path.namespace}/`;
}

/** upstream: apiserver/pkg/storage/etcd3/store.go, GetList */
export function list(context: ApiContext, scope: Scope): KubeList {
  const options = listOptions(scope.query);
  const { served, resource } = scope;
  const { store } = context;
  const selection = selectionOf(served, options, scope.path.name);
  const prefix = prefixOf(scope);
  const { revision, startKey } = startOf(options, store.revision);
  const all = entriesAt(context, served.collection, prefix, revision, startKey);
  const page: Entry[] = [];
  let remaining = 0;
  for (const entry of all) {
    if (!selection.matches(entry.object)) continue;
    if (options.limit > 0 && page.length >= options.limit) remaining++;
    else page.push(entry);
  }
  const metadata: ListMeta = { resourceVersion: String(revision) };
  const last = page.at(-1);
  if (remaining > 0 && last) {
    metadata.continue = encodeContinue(last.key.slice(prefix.length), revision);
    // Upstream cannot count what a selector leaves.
    if (selection.isEmpty) metadata.remainingItemCount = remaining;
  }
  return {
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata,
    items: page.map(({ object }) => served.fromStored(object)),
  };
}

/** At which revision, and after which key, a list begins. */
function startOf(
  options: ListOptions,
  current: number,
): { revision: number; startKey: string | undefined } {
  const { resourceVersion } = options;
  if (options.continue !== '') {
    const token = decodeContinue(options.continue);
    if (resourceVersion !== '' && resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return { revision: token.revision < 0 ? current : token.revision, startKey: token.startKey };
  }
  if (resourceVersion === '' || resourceVersion === '0') {
    return { revision: current, startKey: undefined };
  }
  const revision = parseRevision(resourceVersion, (why) =>
    badRequest(`invalid resource version: ${why}`),
  );
  if (revision > current) throw tooLargeVersion(revision, current);
  const { resourceVersionMatch: match, limit } = options;
  const isExact = match === 'Exact' || (match === '' && limit > 0);
  return { revision: isExact ? revision : current, startKey: undefined };
}

function entriesAt(
  { store }: ApiContext,
  collection: string,
  prefix: string,
  revision: number,
  startKey: string | undefined,
): Entry[] {
  try {
    const entries = store.list(collection, prefix, revision);
    return startKey === undefined
      ? entries
      : entries.filter(({ key }) => key.slice(prefix.length) > startKey);
  } catch (thrown) {
    if (!(thrown instanceof SandglassError) || thrown.code !== 'out-of-range') throw thrown;
    throw compacted(startKey);
  }
}

/** upstream: apiserver/pkg/storage/etcd3/errors.go */
function compacted(startKey: string | undefined): Error {
  if (startKey === undefined) {
    return expired('The resourceVersion for the provided list is too old.');
  }
  const { status } = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  return statusError({ ...status, metadata: { continue: encodeContinue(startKey, -1) } });
}

export function parseRevision(text: string, fail: (why: string) => Error): number {
  if (!/^\d+$/.test(text)) {
    const value = quote(text);
    throw fail(
      `resourceVersion: Invalid value: ${value}: strconv.ParseUint: parsing ${value}: invalid syntax`,
    );
  }
  return Number(text);
}

/** upstream: apiserver/pkg/storage/errors.go, NewTooLargeResourceVersionError */
export function tooLargeVersion(wanted: number, current: number): Error {
  const { status } = timeout(`Too large resource version: ${wanted}, current: ${current}`);
  return statusError({
    ...status,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

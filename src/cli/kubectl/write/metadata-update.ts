import { jsonEquals, type JsonObject } from '#kube/patch/json.ts';
import type { ObjectMeta } from '#kube/types.ts';
import { bool, string, type Values } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import {
  allNamespacesFlag,
  dryRunFlag,
  dryRunOf,
  fieldSelectorFlag,
  filenameFlags,
  filenames,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { findObjects, forEachInfo } from '#cli/kubectl/objects/find-objects.ts';
import { metadataOf, type AnyObject, type Info } from '#cli/kubectl/objects/object-info.ts';
import { patchObject } from '#cli/kubectl/objects/request.ts';
import { printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { sortedEntries } from '#cli/text/json.ts';
import { difference } from './three-way-patch.ts';

/** What `label` and `annotate` share. */
export const metadataFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...fieldSelectorFlag,
  ...allNamespacesFlag,
  ...dryRunFlag,
  ...printFlags,
  all: bool('All objects of the kinds in the namespace.'),
  list: bool('Show what is there.'),
  local: bool('Change what the file says, and ask no server.'),
  overwrite: bool('Change values that are there already.'),
  'resource-version': string('Only if the object still has this version.'),
};

export type MetadataFlags = Values<typeof metadataFlags> & { 'field-manager': string };

export interface Pairs {
  resources: string[];
  set: Map<string, string>;
  remove: string[];
}

/** Objects first, then changes (kubectl, pkg/cmd/util/helpers.go, GetResourcesAndPairs). */
export function splitArguments(
  args: readonly string[],
  what: string,
): { resources: string[]; pairs: string[] } {
  const isPair = (word: string) =>
    (word.includes('=') && !word.startsWith('=')) || (word.endsWith('-') && word !== '-');
  const first = args.findIndex(isPair);
  if (first < 0) return { resources: [...args], pairs: [] };
  const stray = args.slice(first).find((word) => !isPair(word));
  if (stray !== undefined) {
    throw failure(`all resources must be specified before ${what} changes: ${stray}`);
  }
  return { resources: args.slice(0, first), pairs: args.slice(first) };
}

export function checkMetadataFlags(
  flags: MetadataFlags,
  { resources, set, remove }: Pairs,
  what: string,
): void {
  const hasFiles = flags.filename.length > 0 || flags.kustomize !== '';
  if (flags.list && flags.output !== '') {
    throw failure('--list and --output may not be specified together');
  }
  if (flags.all && flags.selector !== '') {
    throw failure('cannot set --all and --selector at the same time');
  }
  if (flags.all && flags['field-selector'] !== '') {
    throw failure('cannot set --all and --field-selector at the same time');
  }
  if (!flags.local && resources.length === 0 && !hasFiles) {
    throw failure(
      'one or more resources must be specified as <resource> <name> or <resource>/<name>',
    );
  }
  const file = what === 'label' ? 'pod' : 'rsrc';
  if (flags.local && resources.length > 0) {
    throw failure(
      `can only use local files by -f ${file}.yaml or --filename=${file}.json when --local=true is set`,
    );
  }
  if (flags.local && !hasFiles) {
    throw failure(
      `one or more files must be specified as -f ${file}.yaml or --filename=${file}.json`,
    );
  }
  if (set.size === 0 && remove.length === 0 && !flags.list) {
    throw failure(`at least one ${what} update is required`);
  }
}

export interface MetadataUpdate {
  field: 'labels' | 'annotations';
  /** Throws if the change is not allowed. */
  check: (object: AnyObject) => Promise<void> | void;
  print: (object: AnyObject, change: MetadataChange) => Promise<void>;
}

export interface MetadataChange {
  added: readonly string[];
  removed: readonly string[];
}

/** Changes labels or annotations of all that is meant. */
export async function updateMetadata(
  context: KubectlContext,
  flags: MetadataFlags,
  pairs: Pairs,
  update: MetadataUpdate,
): Promise<void> {
  const dryRun = await dryRunOf(context, flags['dry-run']);
  const found = await findObjects(context, {
    args: pairs.resources,
    files: filenames(flags),
    labelSelector: flags.selector,
    fieldSelector: flags['field-selector'],
    selectAll: flags.all,
    allNamespaces: flags['all-namespaces'],
    latest: !flags.local,
    local: flags.local,
    flatten: true,
  });
  const version = flags['resource-version'];
  if (!found.isSingle && version !== '') {
    throw failure('--resource-version may only be used with a single resource');
  }
  await forEachInfo(found, async (info) => {
    const { object } = info;
    if (!object) return;
    await update.check(object);
    const { next, change } = changed(object, update.field, pairs);
    if (flags.list) {
      await list(context, info, next, { field: update.field, isSingle: found.isSingle });
      return;
    }
    const isLocal = flags.local || dryRun === 'client';
    const result = isLocal ? next : await send(context, info, next, flags, dryRun === 'server');
    await update.print(result, change);
  });
}

function changed(
  object: AnyObject,
  field: MetadataUpdate['field'],
  { set, remove }: Pairs,
): { next: AnyObject; change: MetadataChange } {
  const before = metadataOf(object)[field] ?? {};
  const after = new Map(Object.entries(before));
  const added = [...set].filter(([key, value]) => before[key] !== value).map(([key]) => key);
  const removed = remove.filter((key) => after.has(key));
  for (const [key, value] of set) after.set(key, value);
  for (const key of remove) after.delete(key);
  const metadata: ObjectMeta = { ...metadataOf(object), [field]: Object.fromEntries(after) };
  return { next: { ...object, metadata }, change: { added, removed } };
}

async function send(
  context: KubectlContext,
  info: Info,
  next: AnyObject,
  flags: MetadataFlags,
  dryRun: boolean,
): Promise<AnyObject> {
  const [before, after] = [info.object, next].map((one) => one as unknown as JsonObject);
  if (!before || !after || jsonEquals(before, after)) return next;
  const patch = difference(before, after);
  const version = flags['resource-version'];
  const { metadata = {} } = patch as { metadata?: JsonObject };
  const guarded =
    version === '' ? patch : { ...patch, metadata: { ...metadata, resourceVersion: version } };
  return patchObject(context, info, JSON.stringify(guarded), {
    type: 'merge',
    fieldManager: flags['field-manager'],
    dryRun,
  });
}

async function list(
  { out }: KubectlContext,
  { resource, name }: Info,
  object: AnyObject,
  { field, isSingle }: { field: MetadataUpdate['field']; isSingle: boolean },
): Promise<void> {
  const { group, kind } = resource;
  if (!isSingle) await out.line(`Listing ${field} for ${kind}.${group}/${name}:`);
  for (const [key, value] of sortedEntries(metadataOf(object)[field] ?? {})) {
    await out.line(`${isSingle ? '' : ' '}${key}=${String(value)}`);
  }
}

import { resourcePath } from '#kube/resources.ts';
import { failureOf } from '#kube/client/response.ts';
import { jsonLines } from '#kube/client/json-lines.ts';
import { statusError } from '#kube/status.ts';
import { throwFailures } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { findObjects, type FindOptions } from '#cli/kubectl/objects/find-objects.ts';
import { isList, metadataOf, type AnyObject, type Info } from '#cli/kubectl/objects/object-info.ts';
import type { ObjectPrinter } from '#cli/kubectl/printing/printer.ts';
import { isTable } from '#cli/kubectl/printing/table.ts';
import { TabWriter, tableOptions } from '#cli/text/tab-writer.ts';
import type { GetFlags } from './get-flags.ts';
import { tablePrinterFor } from './human-printer.ts';

interface WatchFacts {
  flags: GetFlags;
  find: FindOptions;
  isHuman: boolean;
  printer: (context: KubectlContext, flags: GetFlags) => Promise<ObjectPrinter>;
}

type Show = (object: AnyObject, event: string) => string;

/** What is there, then each change as it comes, until interrupted (kubectl, pkg/cmd/get/get.go, watch). */
export async function watchObjects(context: KubectlContext, facts: WatchFacts): Promise<void> {
  const { flags, find } = facts;
  const found = await findObjects(context, { ...find, singleType: true, flatten: false });
  throwFailures(found.errors);
  const [info] = found.infos;
  if (!info?.object) return;
  const show = await showerOf(context, facts, info);
  const { object } = info;
  const hasList = isList(object) || (isTable(object) && info.name === '');
  if (!flags['watch-only']) {
    const items = isList(object) && !facts.isHuman ? object.items : [object];
    for (const item of items) await context.out.write(show(withKind(item, info), 'ADDED'));
  } else if (isTable(object)) {
    // Its columns are needed for the rows to come.
    show({ ...object, rows: [] }, 'ADDED');
  }
  // A watch of one object from version 0 begins with that object as it is.
  const resourceVersion = hasList ? (metadataOf(object).resourceVersion ?? '') : '0';
  let skipsFirst = !hasList;
  for await (const { type, object: changed } of watchEvents(context, info, find, resourceVersion)) {
    if (!skipsFirst) await context.out.write(show(changed, type));
    skipsFirst = false;
  }
}

async function showerOf(
  context: KubectlContext,
  { flags, isHuman, printer }: WatchFacts,
  { resource }: Info,
): Promise<Show> {
  const withEvents = flags['output-watch-events'];
  if (!isHuman) {
    const objects = await printer(context, flags);
    return (object, type) => objects.print(withEvents ? { type, object } : object);
  }
  const table = tablePrinterFor(context, flags, { resource, withKind: false });
  const writer = new TabWriter(tableOptions);
  return (object, type) => {
    writer.write(table.print(object, withEvents ? type : undefined));
    return writer.flush();
  };
}

function withKind(object: AnyObject, { resource }: Info): AnyObject {
  const { group, version, kind } = resource;
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, ...object };
}

export interface ObjectEvent {
  type: string;
  object: AnyObject;
}

/** Events of a list or of one object, until the server ends the watch; an ERROR is thrown. */
export async function* watchEvents(
  { client, signal: ownSignal }: KubectlContext,
  { resource, namespace, name }: Info,
  { labelSelector = '', fieldSelector = '', read }: FindOptions,
  resourceVersion: string,
  signal = ownSignal,
): AsyncGenerator<ObjectEvent, void, undefined> {
  const byName = name === '' ? '' : `metadata.name=${name}`;
  const fields = [fieldSelector.trim(), byName].filter((part) => part !== '').join(',');
  const response = await client.request(resourcePath(resource, { namespace }), {
    ...(read?.accept === undefined ? {} : { headers: { accept: read.accept } }),
    query: {
      ...read?.query,
      watch: true,
      resourceVersion,
      labelSelector: labelSelector.trim() || undefined,
      fieldSelector: fields || undefined,
    },
    signal,
  });
  if (!response.ok) throw await failureOf(response);
  for await (const line of jsonLines(response, signal)) {
    const { type, object } = line as ObjectEvent;
    if (type === 'ERROR') throw statusError(object);
    if (type !== 'BOOKMARK') yield { type, object };
  }
}

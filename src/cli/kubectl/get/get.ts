import { SandglassError } from '#base/errors.ts';
import { isNotFound } from '#kube/status.ts';
import { failure, throwFailures, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { filenames } from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, type Found, type FindOptions } from '#cli/kubectl/objects/find-objects.ts';
import { isList, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { sendRaw } from '#cli/kubectl/objects/raw.ts';
import { tableAccept, type ReadOptions } from '#cli/kubectl/objects/request.ts';
import {
  columnsPrinter,
  explicitPrinter,
  getFormats,
  noPrinter,
} from '#cli/kubectl/printing/print-flags.ts';
import type { ObjectPrinter } from '#cli/kubectl/printing/printer.ts';
import { isTable } from '#cli/kubectl/printing/table.ts';
import { TabWriter, tableOptions } from '#cli/text/tab-writer.ts';
import { getFlags, type GetFlags } from './get-flags.ts';
import type { TablePrinter } from '#cli/kubectl/printing/table-printer.ts';
import { sameResource, tablePrinterFor } from './human-printer.ts';
import { sortByField } from './sort.ts';
import { watchObjects } from './watch.ts';

type GetCall = Call<KubectlContext, typeof getFlags>;

export const getCommand = kubectlCommand({
  name: 'get',
  use: `[(-o|--output=)${getFormats.join('|')}] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]`,
  short: 'Display one or many resources',
  long: `Shows objects of the API as a table, or as they are with -o.

 Lists can be filtered by labels (-l) and fields (--field-selector). What is in a namespace is looked for in the
 current one unless -n or -A says otherwise.

Use "kubectl api-resources" for a complete list of supported resources.`,
  examples: [
    ['All pods of the current namespace', 'kubectl get pods'],
    ['With node, address and more', 'kubectl get pods -o wide'],
    ['Whatever happens to pods from now on', 'kubectl get pods -w'],
    ['One pod, with all its fields', 'kubectl get pod web -o yaml'],
    ['A single field', "kubectl get pod web -o jsonpath='{.status.podIP}'"],
    [
      'Columns of your own',
      'kubectl get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName',
    ],
    ['Several kinds, everywhere', 'kubectl get pods,configmaps -A'],
  ],
  flags: getFlags,
  suggestFor: ['list', 'ls'],
  complete: completeResources,
  run: get,
});

async function get(call: GetCall): Promise<void> {
  const { flags, context } = call;
  if (flags.raw !== '') {
    await getRaw(call);
    return;
  }
  await check(call);
  const isHuman = (flags.output === '' && flags.template === '') || flags.output === 'wide';
  if (flags.watch || flags['watch-only']) {
    await watchObjects(context, { ...call, find: findOptions(call, isHuman), isHuman, printer });
    return;
  }
  const found = await findObjects(context, findOptions(call, isHuman));
  if (isHuman) await printTables(call, found);
  else await printObjects(call, found);
}

async function check({ flags, args, context, path }: GetCall): Promise<void> {
  const { watch, output } = flags;
  const watchOnly = flags['watch-only'];
  if (watch && flags['sort-by'] !== '') {
    await context.err.line(
      'warning: --watch requested, --sort-by will be ignored for watch events received',
    );
  } else if (watchOnly && flags['sort-by'] !== '') {
    await context.err.line('warning: --watch-only requested, --sort-by will be ignored');
  }
  const hasSubject = args.length > 0 || flags.filename.length > 0 || flags.kustomize !== '';
  if (!watch && !watchOnly && !hasSubject) {
    await context.err.write(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
    );
    throw usageError(
      path,
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
    );
  }
  if (flags['show-labels'] && output !== '' && output !== 'wide') {
    throw failure(`--show-labels option cannot be used with ${output} printer`);
  }
  if (flags['output-watch-events'] && !watch && !watchOnly) {
    throw failure('--output-watch-events option can only be used with --watch or --watch-only');
  }
}

function findOptions({ flags, args }: GetCall, isHuman: boolean): FindOptions {
  const read: ReadOptions =
    isHuman && flags['server-print']
      ? {
          accept: `${tableAccept},application/json`,
          query: flags['sort-by'] === '' ? {} : { includeObject: 'Object' },
        }
      : {};
  return {
    args,
    files: filenames(flags),
    allNamespaces: flags['all-namespaces'],
    labelSelector: flags.selector,
    fieldSelector: flags['field-selector'],
    subresource: flags.subresource,
    chunkSize: flags['sort-by'] === '' ? flags['chunk-size'] : 0,
    allowEmptySelector: true,
    latest: true,
    flatten: !isHuman || !flags['server-print'],
    read,
    ...(flags['ignore-not-found'] ? { ignore: isNotFound } : {}),
  };
}

async function getRaw({ flags, args, context }: GetCall): Promise<void> {
  if (args.length > 0) throw failure('arguments may not be passed when --raw is specified');
  if (flags.watch || flags['watch-only'] || flags.selector !== '') {
    throw failure(
      '--raw may not be specified with other flags that filter the server request or alter the output',
    );
  }
  if (flags.output !== '') throw failure('--raw and --output are mutually exclusive');
  await sendRaw(context, { method: 'GET', path: flags.raw });
}

/** A table for each resource, with an empty line between (get.go, Run). */
async function printTables({ flags, context }: GetCall, found: Found): Promise<void> {
  const { infos, errors } = found;
  const sortField = flags['sort-by'];
  const withKind = new Set(infos.map(({ resource }) => resource)).size > 1;
  const ordered =
    flags['server-print'] || sortField === ''
      ? infos
      : sortByField(infos, sortField, ({ object }) => object);
  const writer = new TabWriter(tableOptions);
  let printer: ReturnType<typeof tablePrinterFor> | undefined;
  let last: (typeof infos)[number]['resource'] | undefined;
  let text = '';
  for (const { resource, object } of ordered) {
    if (!printer || !sameResource(last, resource)) {
      text += separated(text, writer.flush(), flags);
      writer.reset();
      printer = tablePrinterFor(context, flags, { resource, withKind });
      last = resource;
    }
    if (object) writer.write(printOrNothing(printer, object, sortField));
  }
  text += separated(text, writer.flush(), flags);
  await context.out.write(text);
  if (text === '' && !flags['ignore-not-found'] && errors.length === 0) {
    const allNamespaced =
      !flags['all-namespaces'] && infos.every(({ resource }) => resource.namespaced);
    const { name } = await context.namespace();
    await context.err.line(
      allNamespaced ? `No resources found in ${name} namespace.` : 'No resources found',
    );
  }
  throwFailures(errors);
}

function separated(before: string, next: string, flags: GetFlags): string {
  return before !== '' && next !== '' && !flags['no-headers'] ? `\n${next}` : next;
}

/** Upstream does not look at what a table's printer reports, such as of a field that no row has. */
function printOrNothing(printer: TablePrinter, object: AnyObject, sortField: string): string {
  try {
    return printer.print(sortedTable(object, sortField));
  } catch (error) {
    if (error instanceof SandglassError) return '';
    throw error;
  }
}

function sortedTable(object: AnyObject, field: string): AnyObject {
  if (field === '' || !isTable(object) || !object.rows) return object;
  return { ...object, rows: sortByField(object.rows, field, (row) => row.object) };
}

export async function printer(context: KubectlContext, flags: GetFlags): Promise<ObjectPrinter> {
  const output = flags.output === '' ? 'go-template' : flags.output;
  return (
    (await explicitPrinter(context, output, flags)) ??
    (await columnsPrinter(context, output, flags, flags['no-headers'])) ??
    noPrinter(output, getFormats)
  );
}

/** One object, or all together as a list (get.go, printGeneric). */
async function printObjects({ flags, context }: GetCall, found: Found): Promise<void> {
  const { infos, errors, isSingle } = found;
  if (isSingle && errors.length > 0) throwFailures(errors);
  if (infos.length === 0 && flags['ignore-not-found']) {
    throwFailures(errors);
    return;
  }
  const print = await printer(context, flags);
  const objects = infos.flatMap(({ object }) => (object ? [object] : []));
  const [only] = objects;
  const sortField = flags['sort-by'];
  if (isSingle && only && objects.length === 1 && !isList(only)) {
    await context.out.write(print.print(only));
  } else {
    const items = sortField === '' ? objects : sortByField(objects, sortField, (one) => one);
    const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
    await context.out.write(print.print(list));
  }
  throwFailures(errors);
}

import { resources, resourcePath, apiVersionOf } from '#kube/resources.ts';
import { timeOf } from '#kube/time.ts';
import type { Event } from '#kube/types.ts';
import { bool, list, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { allNamespacesFlag, chunkSizeFlag } from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { eventInterval } from '#cli/kubectl/describe/describer.ts';
import { watchEvents } from '#cli/kubectl/get/watch.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { isList, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { splitTuple } from '#cli/kubectl/objects/resource-arguments.ts';
import { escapeTerminal } from '#cli/kubectl/printing/escape-terminal.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { TabWriter, tableOptions } from '#cli/text/tab-writer.ts';

const flags = {
  ...printFlags,
  ...allNamespacesFlag,
  ...chunkSizeFlag,
  for: string('Only events about this object, as TYPE/NAME.'),
  'no-headers': bool('Leave out the headers.'),
  types: list('Only events of these types: Normal, Warning.'),
  watch: bool('After what is there now, go on with what happens.', { short: 'w' }),
};

type EventsCall = Call<KubectlContext, typeof flags>;

export const eventsCommand = kubectlCommand({
  name: 'events',
  use: '[(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  short: 'List events',
  long: 'Shows what has happened in the namespace, the latest last.',
  examples: [
    ['Of the namespace', 'kubectl events'],
    ['About a pod, as they come', 'kubectl events --for pod/web --watch'],
    ['Only warnings', 'kubectl events --types=Warning'],
  ],
  flags,
  run: events,
});

async function events(call: EventsCall): Promise<void> {
  const { context, flags: given } = call;
  const wanted = given.types.map((type) => type.toLowerCase());
  if (wanted.some((type) => type !== 'normal' && type !== 'warning')) {
    throw failure('valid --types are Normal or Warning');
  }
  const isWanted = ({ type = '' }: Event) =>
    wanted.length === 0 || wanted.includes(type.toLowerCase());
  const { name: current } = await context.namespace();
  const namespace = given['all-namespaces'] ? '' : current;
  const fieldSelector = await selectorOf(call);
  const show = await showerOf(call);
  if (given.watch) {
    const info = { resource: resources.events, namespace, name: '' };
    for await (const { type, object } of watchEvents(context, info, { fieldSelector }, '')) {
      const event = object as unknown as Event;
      if (type !== 'DELETED' && isWanted(event)) await context.out.write(show([event]));
    }
    return;
  }
  const found = await requestJson(context, resourcePath(resources.events, { namespace }), {
    query: { fieldSelector: fieldSelector || undefined },
  });
  const all = isList(found) ? (found.items as unknown as Event[]) : [];
  const ordered = all.filter(isWanted).sort((one, other) => lastTime(one) - lastTime(other));
  if (ordered.length === 0) {
    await context.err.line(
      namespace === '' ? 'No events found.' : `No events found in ${namespace} namespace.`,
    );
    return;
  }
  await context.out.write(show(ordered));
}

async function selectorOf({ context, flags: given }: EventsCall): Promise<string> {
  if (given.for === '') return '';
  if (!given.for.includes('/')) throw failure('--for must be in resource/name form');
  const { type, name } = splitTuple(given.for);
  const resource = await context.discovery.exactResourceFor(type);
  return [
    `involvedObject.kind=${resource.kind}`,
    `involvedObject.apiVersion=${apiVersionOf(resource)}`,
    `involvedObject.name=${name}`,
  ].join(',');
}

type Show = (events: readonly Event[]) => string;

async function showerOf(call: EventsCall): Promise<Show> {
  const { context, flags: given } = call;
  if (given.output !== '' || given.template !== '') {
    const printer = await objectPrinter(context, given, '');
    const withKind = (event: Event) =>
      ({ apiVersion: 'v1', kind: 'Event', ...event }) as unknown as AnyObject;
    return (found) => {
      const [only] = found;
      if (given.watch && only) return printer.print(withKind(only));
      const items = found.map(withKind);
      return printer.print({ apiVersion: 'v1', kind: 'EventList', metadata: {}, items });
    };
  }
  const withNamespace = given['all-namespaces'];
  const writer = new TabWriter(tableOptions);
  let needsHeader = !given['no-headers'];
  return (found) => {
    if (needsHeader) {
      const headers = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
      writer.write(`${[...(withNamespace ? ['NAMESPACE'] : []), ...headers].join('\t')}\n`);
      needsHeader = false;
    }
    for (const event of found) {
      writer.write(`${cells(event, withNamespace, context.clock.wallTime()).join('\t')}\n`);
    }
    return writer.flush();
  };
}

/** kubectl, pkg/cmd/events/event_printer.go */
function cells(event: Event, withNamespace: boolean, now: number): string[] {
  const { kind = '', name = '' } = event.involvedObject;
  return [
    ...(withNamespace ? [event.metadata.namespace ?? ''] : []),
    eventInterval(event, now),
    escapeTerminal(event.type ?? ''),
    escapeTerminal(event.reason ?? ''),
    escapeTerminal(`${kind}/${name}`),
    escapeTerminal((event.message ?? '').trim()),
  ];
}

function lastTime({ series, lastTimestamp, eventTime }: Event): number {
  return timeOf(series?.lastObservedTime ?? lastTimestamp ?? eventTime);
}

import { create } from '@bufbuild/protobuf';
import { quote } from '#kube/go-text.ts';
import {
  ListPodSandboxResponseSchema,
  type PodSandbox,
  PodSandboxState,
} from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { bool, int, list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import { Display, truncatedId } from '#cli/crictl/output/display.ts';
import { ago, goTime } from '#cli/crictl/output/human.ts';
import { labelLines } from '#cli/crictl/output/labels.ts';
import { printedProtoJson, printedProtoYaml } from '#cli/crictl/output/proto-json.ts';
import { listPods } from './list-pods.ts';

const flags = {
  id: string('filter by pod id'),
  label: list('Filter by key=value label'),
  last: int('Show last n recently created pods. Set 0 for unlimited', { aliases: ['n'] }),
  latest: bool('Show the most recently created pod', { aliases: ['l'] }),
  name: string('Filter by pod name regular expression pattern'),
  namespace: string('Filter by pod namespace regular expression pattern'),
  'no-trunc': bool('Show output without truncating the ID'),
  output: string('Output format, One of: json|yaml|table', { aliases: ['o'], initial: 'table' }),
  quiet: bool('List only pod IDs', { aliases: ['q'] }),
  state: string('Filter by pod state', { aliases: ['s'] }),
  verbose: bool('Show verbose info for pods', { aliases: ['v'] }),
};

type PodsCall = CrictlCall<typeof flags>;

export const podsCommand = crictlCommand({
  name: 'pods',
  usage: 'List pods',
  shortOptions: true,
  flags,
  run: pods,
});

async function pods(call: PodsCall): Promise<void> {
  const { context, flags: given } = call;
  const runtime = await context.runtime();
  const labels = parseLabels(given.label);
  await wrapped('listing pod sandboxes', async () => {
    const items = await wrapped('list pod sandboxes', () =>
      listPods(context, runtime, { ...given, labels }),
    );
    await print(call, items);
  });
}

async function print(
  { context, flags: { output, quiet, verbose, ...given } }: PodsCall,
  items: PodSandbox[],
): Promise<void> {
  const { out, clock } = context;
  const whole = () => create(ListPodSandboxResponseSchema, { items });
  if (output === 'json') return out.write(printedProtoJson(whole()));
  if (output === 'yaml') return out.write(printedProtoYaml(whole()));
  if (output !== 'table') throw failure(`unsupported output format ${quote(output)}`);
  if (quiet) return out.write(items.map(({ id }) => `${id}\n`).join(''));
  if (verbose) return out.write(items.map(details).join(''));
  const display = new Display(out);
  display.addRow(['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME']);
  for (const pod of items) {
    const { id, createdAt, state, metadata } = pod;
    display.addRow([
      given['no-trunc'] ? id : truncatedId(id),
      ago(createdAt, clock.wallTime()),
      stateName(state),
      metadata?.name ?? '',
      metadata?.namespace ?? '',
      String(metadata?.attempt ?? 0),
      runtimeOf(pod),
    ]);
  }
  await display.flush();
}

function details(pod: PodSandbox): string {
  const { id, metadata, state, createdAt, labels, annotations } = pod;
  const { name = '', uid = '', namespace = '', attempt = 0 } = metadata ?? {};
  const lines = [
    `ID: ${id}`,
    ...(name === '' ? [] : [`Name: ${name}`]),
    ...(uid === '' ? [] : [`UID: ${uid}`]),
    ...(namespace === '' ? [] : [`Namespace: ${namespace}`]),
    ...(attempt === 0 ? [] : [`Attempt: ${attempt}`]),
    `Status: ${stateName(state)}`,
    `Created: ${goTime(createdAt)}`,
    ...labelLines('Labels', labels),
    ...labelLines('Annotations', annotations),
    `Runtime: ${runtimeOf(pod)}`,
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function stateName(state: PodSandboxState): string {
  return state === PodSandboxState.SANDBOX_READY ? 'Ready' : 'NotReady';
}

function runtimeOf({ runtimeHandler }: PodSandbox): string {
  return runtimeHandler === '' ? '(default)' : runtimeHandler;
}

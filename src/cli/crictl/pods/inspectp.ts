import {
  PodSandboxState,
  PodSandboxStateSchema,
  type PodSandboxStatusResponse,
} from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { goText } from '#cli/text/go-value.ts';
import { bool, int, list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import { inspectFlags, nothingFound } from '#cli/crictl/inspect-flags.ts';
import { goTime, rfc3339Nano } from '#cli/crictl/output/human.ts';
import { labelLines } from '#cli/crictl/output/labels.ts';
import { enumName, protoJson } from '#cli/crictl/output/proto-json.ts';
import { type StatusData, printStatusData } from '#cli/crictl/output/status-data.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';
import { listPods } from './list-pods.ts';

const flags = {
  label: list('Filter by key=value label'),
  last: int('Show last n recently created pods. Set 0 for unlimited', { aliases: ['n'] }),
  latest: bool('Show the most recently created pod', { aliases: ['l'] }),
  name: string('Filter by pod name regular expression pattern'),
  namespace: string('Filter by pod namespace regular expression pattern'),
  output: inspectFlags.output,
  quiet: inspectFlags.quiet,
  state: string('Filter by pod state', { aliases: ['s'] }),
  template: inspectFlags.template,
};

type InspectCall = CrictlCall<typeof flags>;

export const inspectpCommand = crictlCommand({
  name: 'inspectp',
  usage: 'Display the status of one or more pods',
  argsUsage: 'POD-ID [POD-ID...]',
  shortOptions: true,
  flags,
  run: inspectp,
});

async function inspectp(call: InspectCall): Promise<void> {
  const { context, args, showHelp } = call;
  const runtime = await context.runtime();
  const ids = args.length > 0 ? args : await chosen(call, runtime);
  if (ids.length === 0) {
    await context.log.error(nothingFound);
    return showHelp();
  }
  await wrapped('get the status of pod sandboxes', () => print(call, runtime, ids));
}

async function chosen({ context, flags: given }: InspectCall, runtime: RemoteRuntime) {
  const labels = wrapped('parse label string slice', () => parseLabels(given.label));
  const pods = await wrapped('listing pod sandboxes', () =>
    listPods(context, runtime, { ...given, labels }),
  );
  return pods.map(({ id }) => id);
}

async function print(
  { context: { out }, flags: { output, quiet, template } }: InspectCall,
  runtime: RemoteRuntime,
  ids: readonly string[],
): Promise<void> {
  const statuses: StatusData[] = [];
  for (const id of ids) {
    const answer = await wrapped('get pod sandbox status', () =>
      runtime.podSandboxStatus(id, !quiet),
    );
    if (output === 'table') await out.write(table(answer, !quiet));
    else statuses.push({ status: statusJson(answer), info: answer.info });
  }
  await printStatusData(out, statuses, output === '' ? 'json' : output, template);
}

function statusJson({ status }: PodSandboxStatusResponse): Record<string, unknown> {
  if (!status) return {};
  return { ...protoJson(status), createdAt: rfc3339Nano(status.createdAt) };
}

function table({ status, info }: PodSandboxStatusResponse, verbose: boolean): string {
  const { metadata, network, labels = {}, annotations = {} } = status ?? {};
  const { name = '', uid = '', namespace = '', attempt = 0 } = metadata ?? {};
  const state = status?.state ?? PodSandboxState.SANDBOX_READY;
  const lines = [
    `ID: ${status?.id ?? ''}`,
    ...(name === '' ? [] : [`Name: ${name}`]),
    ...(uid === '' ? [] : [`UID: ${uid}`]),
    ...(namespace === '' ? [] : [`Namespace: ${namespace}`]),
    ...(metadata ? [`Attempt: ${attempt}`] : []),
    `Status: ${enumName(PodSandboxStateSchema, state)}`,
    `Created: ${goTime(status?.createdAt ?? 0n)}`,
    ...(network ? [`IP Addresses: ${network.ip}`] : []),
    ...(network?.additionalIps ?? []).map(({ ip }) => `Additional IP: ${ip}`),
    ...labelLines('Labels', labels),
    ...labelLines('Annotations', annotations),
    ...(verbose ? [`Info: ${goText(info)}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

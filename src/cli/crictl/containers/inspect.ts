import {
  ContainerState,
  ContainerStateSchema,
  type ContainerStatus,
  type ContainerStatusResponse,
} from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { goText } from '#cli/text/go-value.ts';
import { bool, int, list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import { inspectFlags, nothingFound } from '#cli/crictl/inspect-flags.ts';
import { ago, rfc3339Nano, zeroTime } from '#cli/crictl/output/human.ts';
import { labelLines } from '#cli/crictl/output/labels.ts';
import { enumName, protoJson } from '#cli/crictl/output/proto-json.ts';
import { type StatusData, printStatusData } from '#cli/crictl/output/status-data.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';
import { listContainers } from './list-containers.ts';

const flags = {
  all: bool('Show all containers', { aliases: ['a'] }),
  image: string('Filter by container image'),
  label: list('Filter by key=value label'),
  last: int('Show last n recently created containers (includes all states). Set 0 for unlimited.', {
    aliases: ['n'],
  }),
  latest: bool('Show the most recently created container (includes all states)', {
    aliases: ['l'],
  }),
  name: string('Filter by container name regular expression pattern'),
  namespace: string('Filter by pod namespace regular expression pattern'),
  output: inspectFlags.output,
  pod: string('Filter by pod id', { aliases: ['p'] }),
  quiet: inspectFlags.quiet,
  state: string('Filter by container state', { aliases: ['s'] }),
  template: inspectFlags.template,
};

type InspectCall = CrictlCall<typeof flags>;

export const inspectCommand = crictlCommand({
  name: 'inspect',
  usage: 'Display the status of one or more containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags,
  run: inspect,
});

async function inspect(call: InspectCall): Promise<void> {
  const { context, args, showHelp } = call;
  const runtime = await context.runtime();
  const images = await context.images();
  const chosen = async () => {
    const { name: _name, namespace: _namespace, ...given } = call.flags;
    const labels = parseLabels(given.label);
    // crictl 1.36 takes --name and --namespace and heeds them not (container.go, containerStatusCommand).
    const choice = { ...given, labels, name: '', namespace: '' };
    const containers = await wrapped('listing containers', () =>
      listContainers(context, runtime, images, choice),
    );
    return containers.map(({ id }) => id);
  };
  const ids = args.length > 0 ? args : await chosen();
  if (ids.length === 0) {
    await context.log.error(nothingFound);
    return showHelp();
  }
  await wrapped('get the status of containers', () => print(call, runtime, ids));
}

async function print(
  { context: { out, clock }, flags: { output, quiet, template } }: InspectCall,
  runtime: RemoteRuntime,
  ids: readonly string[],
): Promise<void> {
  const statuses: StatusData[] = [];
  for (const id of ids) {
    const answer = await wrapped('get container status', () => runtime.containerStatus(id, !quiet));
    const { status, info } = answer;
    if (output === 'table') await out.write(table(answer, !quiet, clock.wallTime()));
    else statuses.push({ status: status ? statusJson(status) : {}, info });
  }
  await printStatusData(out, statuses, output === '' ? 'json' : output, template);
}

/** With times in the place of nanoseconds, as far as they have come. */
function statusJson(status: ContainerStatus): Record<string, unknown> {
  const { state, createdAt, startedAt, finishedAt } = status;
  const hasStarted = state !== ContainerState.CONTAINER_CREATED;
  const hasFinished =
    state === ContainerState.CONTAINER_EXITED ||
    (state === ContainerState.CONTAINER_UNKNOWN && finishedAt > 0n);
  return {
    ...protoJson(status),
    createdAt: rfc3339Nano(createdAt),
    startedAt: hasStarted ? rfc3339Nano(startedAt) : zeroTime,
    finishedAt: hasFinished ? rfc3339Nano(finishedAt) : zeroTime,
  };
}

function table({ status, info }: ContainerStatusResponse, verbose: boolean, now: number): string {
  const { metadata, labels = {}, annotations = {} } = status ?? {};
  const { name = '', attempt = 0 } = metadata ?? {};
  const state = status?.state ?? ContainerState.CONTAINER_CREATED;
  const hasExited = state === ContainerState.CONTAINER_EXITED;
  const finishedAt = status?.finishedAt ?? 0n;
  const lines = [
    `ID: ${status?.id ?? ''}`,
    ...(name === '' ? [] : [`Name: ${name}`]),
    ...(attempt === 0 ? [] : [`Attempt: ${attempt}`]),
    `State: ${enumName(ContainerStateSchema, state)}`,
    `Created: ${ago(status?.createdAt ?? 0n, now)}`,
    ...(state === ContainerState.CONTAINER_CREATED
      ? []
      : [`Started: ${ago(status?.startedAt ?? 0n, now)}`]),
    ...(hasExited && finishedAt > 0n ? [`Finished: ${ago(finishedAt, now)}`] : []),
    ...(hasExited ? [`Exit Code: ${status?.exitCode ?? 0}`] : []),
    ...labelLines('Labels', labels),
    ...labelLines('Annotations', annotations),
    ...(verbose ? [`Info: ${goText(info)}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

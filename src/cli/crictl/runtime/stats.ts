import { create } from '@bufbuild/protobuf';
import { sleep } from '#base/clock.ts';
import { type ContainerStats, ListContainerStatsResponseSchema } from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { compareText } from '#cli/text/json.ts';
import { bool, int, list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import { Display, truncatedId } from '#cli/crictl/output/display.ts';
import { humanSize } from '#cli/crictl/output/human.ts';
import { printedProtoJson, printedProtoYaml } from '#cli/crictl/output/proto-json.ts';
import { cpuPercent } from './cpu-percent.ts';
import { showOrWatch } from './watch.ts';

const flags = {
  all: bool('Show all containers (default shows just running)', { aliases: ['a'] }),
  id: string('Filter by container id'),
  label: list('Filter by key=value label'),
  output: string('Output format, One of: json|yaml|table', { aliases: ['o'] }),
  pod: string('Filter by pod id', { aliases: ['p'] }),
  seconds: int('Sample duration for CPU usage in seconds', { aliases: ['s'], initial: 1 }),
  watch: bool('Watch pod resources', { aliases: ['w'] }),
};

type StatsCall = CrictlCall<typeof flags>;

export const statsCommand = crictlCommand({
  name: 'stats',
  usage: 'List container(s) resource usage statistics',
  argsUsage: '[ID]',
  shortOptions: true,
  flags,
  run: stats,
});

async function stats(call: StatsCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  if (args.length > 1) return showHelp();
  const runtime = await context.runtime();
  const filter = {
    id: given.id === '' ? (args[0] ?? '') : given.id,
    podSandboxId: given.pod,
    labelSelector: parseLabels(given.label),
  };
  const sample = async () => {
    const found = await runtime.listContainerStats(filter);
    return found.sort((one, other) => compareText(idOf(one), idOf(other)));
  };
  await wrapped('get container stats', () =>
    showOrWatch(context, given.watch, () => show(call, sample)),
  );
}

const idOf = ({ attributes }: ContainerStats) => attributes?.id ?? '';

async function show(
  { context: { out, clock, signal }, flags: given }: StatsCall,
  sample: () => Promise<ContainerStats[]>,
): Promise<void> {
  const before = await sample();
  const whole = () => create(ListContainerStatsResponseSchema, { stats: before });
  if (given.output === 'json') return out.write(printedProtoJson(whole()));
  if (given.output === 'yaml') return out.write(printedProtoYaml(whole()));
  await sleep(clock, given.seconds * 1000, signal);
  const display = new Display(out);
  display.addRow(['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP']);
  for (const one of await sample()) {
    const { cpu, memory, writableLayer, swap, attributes } = one;
    const used = memory?.workingSetBytes?.value ?? 0n;
    const isRunning = (cpu?.usageCoreNanoSeconds?.value ?? 0n) !== 0n || used !== 0n;
    const earlier = before.find((other) => idOf(other) === idOf(one));
    // What has just begun has no two samples.
    if (!earlier || (!isRunning && !given.all)) continue;
    display.addRow([
      truncatedId(idOf(one)),
      attributes?.metadata?.name ?? '',
      cpuPercent(cpu, earlier.cpu),
      humanSize(Number(used)),
      humanSize(Number(writableLayer?.usedBytes?.value ?? 0n)),
      String(writableLayer?.inodesUsed?.value ?? 0n),
      humanSize(Number(swap?.swapUsageBytes?.value ?? 0n)),
    ]);
  }
  await display.clearScreen();
  await display.flush();
}

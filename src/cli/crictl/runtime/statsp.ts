import { create } from '@bufbuild/protobuf';
import { sleep } from '#base/clock.ts';
import { ListPodSandboxStatsResponseSchema, type PodSandboxStats } from '#kube/cri/api_pb.ts';
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
  id: string('Filter by pod id'),
  label: list('Filter by key=value label'),
  output: string('Output format, One of: json|yaml|table', { aliases: ['o'] }),
  seconds: int('Sample duration for CPU usage in seconds', { aliases: ['s'], initial: 1 }),
  watch: bool('Watch pod resources', { aliases: ['w'] }),
};

type StatsCall = CrictlCall<typeof flags>;

export const statspCommand = crictlCommand({
  name: 'statsp',
  usage:
    "List pod statistics. Stats represent a structured API that will fulfill the Kubelet's /stats/summary endpoint.",
  argsUsage: '[ID]',
  shortOptions: true,
  flags,
  run: statsp,
});

async function statsp(call: StatsCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  if (args.length > 1) return showHelp();
  const runtime = await wrapped('get runtime service', () => context.runtime());
  const filter = {
    id: given.id === '' ? (args[0] ?? '') : given.id,
    labelSelector: wrapped('parse pod labels', () => parseLabels(given.label)),
  };
  const sample = async () => {
    const found = await wrapped('list pod sandbox stats', () =>
      runtime.listPodSandboxStats(filter),
    );
    return found.sort((one, other) => compareText(idOf(one), idOf(other)));
  };
  await wrapped('get pod stats', () => showOrWatch(context, given.watch, () => show(call, sample)));
}

const idOf = ({ attributes }: PodSandboxStats) => attributes?.id ?? '';

async function show(
  { context: { out, clock, signal }, flags: given }: StatsCall,
  sample: () => Promise<PodSandboxStats[]>,
): Promise<void> {
  const before = await sample();
  const whole = () => create(ListPodSandboxStatsResponseSchema, { stats: before });
  if (given.output === 'json') return out.write(printedProtoJson(whole()));
  if (given.output === 'yaml') return out.write(printedProtoYaml(whole()));
  await sleep(clock, given.seconds * 1000, signal);
  const display = new Display(out);
  display.addRow(['POD', 'POD ID', 'CPU %', 'MEM']);
  for (const one of await sample()) {
    const { attributes, linux } = one;
    const used = linux?.memory?.workingSetBytes?.value ?? 0n;
    const hasData = (linux?.cpu?.usageCoreNanoSeconds?.value ?? 0n) !== 0n || used !== 0n;
    const earlier = before.find((other) => idOf(other) === idOf(one));
    // What has just begun has no two samples.
    if (!earlier || !hasData) continue;
    display.addRow([
      attributes?.metadata?.name ?? '',
      truncatedId(idOf(one)),
      cpuPercent(linux?.cpu, earlier.linux?.cpu),
      humanSize(Number(used)),
    ]);
  }
  await display.clearScreen();
  await display.flush();
}

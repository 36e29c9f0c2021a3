import { type Message, create } from '@bufbuild/protobuf';
import {
  ListMetricDescriptorsResponseSchema,
  ListPodSandboxMetricsResponseSchema,
} from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { bool, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { printedProtoJson, printedProtoYaml } from '#cli/crictl/output/proto-json.ts';
import { showOrWatch } from './watch.ts';

const output = string('Output format, One of: json|yaml', { aliases: ['o'] });
const formats: readonly string[] = ['json', 'yaml', ''];

function printed(message: Message, format: string): string {
  return format === 'yaml' ? printedProtoYaml(message) : printedProtoJson(message);
}

const podFlags = { output, watch: bool('Watch pod metrics', { aliases: ['w'] }) };

export const metricspCommand = crictlCommand({
  name: 'metricsp',
  usage:
    "List pod metrics. Metrics are unstructured key/value pairs gathered by CRI meant to replace cAdvisor's /metrics/cadvisor endpoint.",
  shortOptions: true,
  flags: podFlags,
  run: metricsp,
});

async function metricsp({ context, flags: given, args, showHelp }: CrictlCall<typeof podFlags>) {
  if (args.length > 0) return showHelp();
  const runtime = await wrapped('get runtime service', () => context.runtime());
  if (!formats.includes(given.output)) return showHelp();
  await wrapped('get pod metrics', () =>
    showOrWatch(context, given.watch, async () => {
      const podMetrics = await wrapped('list pod sandbox metrics', () =>
        runtime.listPodSandboxMetrics(),
      );
      const message = create(ListPodSandboxMetricsResponseSchema, { podMetrics });
      await context.out.write(printed(message, given.output));
    }),
  );
}

const descriptorFlags = { output };

export const metricdescsCommand = crictlCommand({
  name: 'metricdescs',
  usage:
    'List metric descriptors. Returns information about the metrics available through the CRI.',
  shortOptions: true,
  flags: descriptorFlags,
  run: metricdescs,
});

async function metricdescs({
  context,
  flags: given,
  args,
  showHelp,
}: CrictlCall<typeof descriptorFlags>): Promise<void> {
  if (args.length > 0) return showHelp();
  const runtime = await wrapped('get runtime service', () => context.runtime());
  if (!formats.includes(given.output)) return showHelp();
  await wrapped('get metric descriptors', async () => {
    const descriptors = await wrapped('list metric descriptors', () =>
      runtime.listMetricDescriptors(),
    );
    const message = create(ListMetricDescriptorsResponseSchema, { descriptors });
    await context.out.write(printed(message, given.output));
  });
}

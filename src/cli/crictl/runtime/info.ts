import { goJson } from '#kube/cri/go-json.ts';
import { wrapped } from '#cli/command/errors.ts';
import { string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { inspectFlags } from '#cli/crictl/inspect-flags.ts';
import { protoJson } from '#cli/crictl/output/proto-json.ts';
import { printStatusData } from '#cli/crictl/output/status-data.ts';

const flags = {
  output: string('Output format, One of: json|yaml|go-template', {
    aliases: ['o'],
    initial: 'json',
  }),
  quiet: inspectFlags.quiet,
  template: inspectFlags.template,
};

export const infoCommand = crictlCommand({
  name: 'info',
  usage: 'Display information of the container runtime',
  shortOptions: true,
  flags,
  run: info,
});

async function info({ context, flags: given, args, showHelp }: CrictlCall<typeof flags>) {
  if (args.length > 0) return showHelp();
  const runtime = await context.runtime();
  await wrapped('getting status of runtime', async () => {
    const answer = await runtime.status(!given.quiet);
    const { status, runtimeHandlers, features } = answer;
    const data = {
      status: status ? protoJson(status) : {},
      ...(runtimeHandlers.length > 0 && { runtimeHandlers: runtimeHandlers.map(goJson) }),
      ...(features && { features: goJson(features) }),
      info: answer.info,
    };
    await printStatusData(context.out, [data], given.output, given.template);
  });
}

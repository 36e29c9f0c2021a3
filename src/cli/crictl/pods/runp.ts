import { wrapped } from '#cli/command/errors.ts';
import { duration, string } from '#cli/urfave/flags.ts';
import { loadPodConfig } from '#cli/crictl/config/load-config.ts';
import { podSchemaCommand } from '#cli/crictl/config/schema-commands.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';

const flags = {
  'cancel-timeout': duration(
    'Seconds to wait for a run pod sandbox request to complete before cancelling the request',
    { aliases: ['T'] },
  ),
  runtime: string(
    'Runtime handler to use. Available options are defined by the container runtime.',
    { aliases: ['r'] },
  ),
};

export const runpCommand = crictlCommand({
  name: 'runp',
  usage: 'Run a new pod',
  argsUsage: 'pod-config.[json|yaml]',
  flags,
  subcommands: [podSchemaCommand('Display the JSON schema for the pod-config.json')],
  run: runp,
});

async function runp({ context, flags: given, args, showHelp }: CrictlCall<typeof flags>) {
  const [path = ''] = args;
  if (args.length !== 1 || path === '') return showHelp();
  const runtime = await context.runtime(given['cancel-timeout']);
  const config = await wrapped('load podSandboxConfig', () => loadPodConfig(context, path));
  const id = await wrapped('run pod sandbox', () => runtime.runPodSandbox(config, given.runtime));
  await context.out.line(id);
}

import { wrapped } from '#cli/command/errors.ts';
import { crictlCommand } from '#cli/crictl/crictl-command.ts';

export const versionCommand = crictlCommand({
  name: 'version',
  usage: 'Display runtime version information',
  async run({ context, args, showHelp }) {
    if (args.length > 0) return showHelp();
    const runtime = await context.runtime();
    const answer = await wrapped('getting the runtime version', () => runtime.version('v1'));
    const lines = [
      ['Version', answer.version],
      ['RuntimeName', answer.runtimeName],
      ['RuntimeVersion', answer.runtimeVersion],
      ['RuntimeApiVersion', answer.runtimeApiVersion],
    ] as const;
    await context.out.write(lines.map(([name, value]) => `${name}:  ${value}\n`).join(''));
  },
});

import { bool, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { formatJson } from '#cli/text/json.ts';
import { formatYaml } from '#cli/text/yaml.ts';

/** This kubectl's own; the Kustomize that upstream's is built with is not in it. */
const clientVersion = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'tsc',
  platform: 'linux/386',
};

/** What kubectl 1.36 is built with. */
const kustomizeVersion = 'v5.8.1';

export const versionCommand = kubectlCommand({
  name: 'version',
  short: 'Print the client and server version information',
  examples: [['Both versions', 'kubectl version']],
  flags: {
    client: bool('Only the version of this kubectl.'),
    output: string("One of 'yaml' or 'json'.", { short: 'o' }),
  },
  async run({ context, flags, args }) {
    if (args.length > 0) throw failure(`extra arguments: [${args.join(' ')}]`);
    const { output } = flags;
    if (!['', 'yaml', 'json'].includes(output)) {
      throw failure("--output must be 'yaml' or 'json'");
    }
    const serverVersion = flags.client ? undefined : await requestJson(context, '/version');
    const server = serverVersion === undefined ? {} : { serverVersion };
    const all = { clientVersion, kustomizeVersion, ...server };
    if (output === 'yaml') await context.out.line(formatYaml(all));
    else if (output === 'json') {
      await context.out.line(formatJson(all, { indent: '  ', unsorted: true }));
    } else {
      await context.out.line(`Client Version: ${clientVersion.gitVersion}`);
      await context.out.line(`Kustomize Version: ${kustomizeVersion}`);
      const text = serverVersion?.['gitVersion'];
      if (typeof text === 'string') await context.out.line(`Server Version: ${text}`);
    }
  },
});

export const clusterInfoCommand = kubectlCommand({
  name: 'cluster-info',
  use: '[flags]',
  short: 'Display cluster information',
  examples: [['Where the control plane is', 'kubectl cluster-info']],
  async run({ context }) {
    await context.out.line(`Kubernetes control plane is running at ${context.serverUrl}`);
    await context.out.line(
      "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.",
    );
  },
});

import type { HelpGroup } from '#cli/command/help.ts';
import { optionsText } from '#cli/command/help.ts';
import { kubectlCommand } from './kubectl-command.ts';
import { describeCommand } from './describe/describe.ts';
import { getCommand } from './get/get.ts';
import { globalFlags } from './global-flags.ts';
import { logsCommand } from './logs/logs.ts';
import { applyCommand } from './write/apply.ts';
import { deleteCommand } from './write/delete.ts';

/** As kubectl's own help groups its commands (kubectl, pkg/cmd/cmd.go). */
export const helpGroups: readonly HelpGroup[] = [
  { title: 'Basic Commands (Beginner):', names: ['create', 'expose', 'run', 'set'] },
  { title: 'Basic Commands (Intermediate):', names: ['explain', 'get', 'edit', 'delete'] },
  { title: 'Deploy Commands:', names: ['rollout', 'scale', 'autoscale'] },
  {
    title: 'Cluster Management Commands:',
    names: ['certificate', 'cluster-info', 'top', 'cordon', 'uncordon', 'drain', 'taint'],
  },
  {
    title: 'Troubleshooting and Debugging Commands:',
    names: [
      'describe',
      'logs',
      'attach',
      'exec',
      'port-forward',
      'proxy',
      'cp',
      'auth',
      'debug',
      'events',
    ],
  },
  {
    title: 'Advanced Commands:',
    names: ['diff', 'apply', 'patch', 'replace', 'wait', 'kustomize'],
  },
  { title: 'Settings Commands:', names: ['label', 'annotate', 'completion'] },
];

const optionsCommand = kubectlCommand({
  name: 'options',
  short: 'Print the list of flags inherited by all commands',
  async run({ context }) {
    const title = 'The following options can be passed to any command:\n';
    await context.out.write(`${optionsText(title, globalFlags) ?? ''}\n`);
  },
});

export const rootCommand = kubectlCommand({
  name: 'kubectl',
  use: '[flags] [options]',
  short: 'kubectl controls the Kubernetes cluster manager',
  long: `kubectl controls the Kubernetes cluster manager.

 This is the kubectl of the node in this page: it speaks to the cluster's own API server, as upstream's would.`,
  subcommands: [
    applyCommand,
    deleteCommand,
    describeCommand,
    getCommand,
    logsCommand,
    optionsCommand,
  ],
});

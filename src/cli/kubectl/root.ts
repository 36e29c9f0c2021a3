import type { HelpGroup } from '#cli/command/help.ts';
import { optionsText } from '#cli/command/help.ts';
import { apiResourcesCommand, apiVersionsCommand } from './cluster/api-resources.ts';
import { configCommand } from './cluster/config.ts';
import { cordonCommand, uncordonCommand } from './cluster/cordon.ts';
import { drainCommand } from './cluster/drain.ts';
import { taintCommand } from './cluster/taint.ts';
import { clusterInfoCommand, versionCommand } from './cluster/version.ts';
import { completionCommand } from './completion/completion-command.ts';
import { eventsCommand } from './events/events.ts';
import { explainCommand } from './explain/explain.ts';
import { kubectlCommand, type KubectlCommand } from './kubectl-command.ts';
import { describeCommand } from './describe/describe.ts';
import { getCommand } from './get/get.ts';
import { globalFlags } from './global-flags.ts';
import { logsCommand } from './logs/logs.ts';
import { refusedCommands } from './refused.ts';
import { attachCommand } from './streams/attach.ts';
import { cpCommand } from './streams/cp.ts';
import { execCommand } from './streams/exec.ts';
import { portForwardCommand } from './streams/port-forward.ts';
import { runCommand } from './streams/run.ts';
import { topCommand } from './top/top.ts';
import { waitCommand } from './wait/wait.ts';
import { annotateCommand } from './write/annotate.ts';
import { applyCommand } from './write/apply.ts';
import { createCommand } from './write/create.ts';
import { deleteCommand } from './write/delete.ts';
import { editCommand } from './write/edit.ts';
import { labelCommand } from './write/label.ts';
import { patchCommand } from './write/patch.ts';

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

/** Upstream's commands stand in this order, and so do its suggestions. */
function inHelpOrder(commands: readonly KubectlCommand[]): KubectlCommand[] {
  const order = helpGroups.flatMap(({ names }) => names);
  const place = ({ name }: KubectlCommand) => order.indexOf(name);
  const grouped = commands.filter(({ name }) => order.includes(name));
  const others = commands.filter(({ name }) => !order.includes(name));
  return [...grouped.sort((one, other) => place(one) - place(other)), ...others];
}

const optionsCommand = kubectlCommand({
  name: 'options',
  short: 'Print the list of flags inherited by all commands',
  async run({ context }) {
    const title = 'The following options can be passed to any command:\n';
    await context.out.write(`${optionsText(title, globalFlags) ?? ''}\n`);
  },
});

const alphaCommand = kubectlCommand({
  name: 'alpha',
  short: 'Commands for features in alpha',
  async run({ context }) {
    await context.err.line('No alpha commands are available in this version of kubectl');
  },
});

export const rootCommand = kubectlCommand({
  name: 'kubectl',
  use: '[flags] [options]',
  short: 'kubectl controls the Kubernetes cluster manager',
  long: `kubectl controls the Kubernetes cluster manager.

 This is the kubectl of the node in this page: it speaks to the cluster's own API server, as upstream's would.`,
  subcommands: inHelpOrder([
    alphaCommand,
    annotateCommand,
    apiResourcesCommand,
    apiVersionsCommand,
    applyCommand,
    attachCommand,
    clusterInfoCommand,
    completionCommand,
    configCommand,
    cordonCommand,
    cpCommand,
    createCommand,
    deleteCommand,
    describeCommand,
    drainCommand,
    editCommand,
    eventsCommand,
    execCommand,
    explainCommand,
    getCommand,
    labelCommand,
    logsCommand,
    optionsCommand,
    patchCommand,
    portForwardCommand,
    runCommand,
    taintCommand,
    topCommand,
    uncordonCommand,
    versionCommand,
    waitCommand,
    ...refusedCommands,
  ]),
});

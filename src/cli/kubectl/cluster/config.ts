import { bool, string } from '#cli/command/flags.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { aligned, tableOptions } from '#cli/text/tab-writer.ts';

const currentContext = kubectlCommand({
  name: 'current-context',
  short: 'Display the current-context',
  async run({ context }) {
    await context.out.line(await context.configuration.currentContext());
  },
});

const view = kubectlCommand({
  name: 'view',
  short: 'Display merged kubeconfig settings or a specified kubeconfig file',
  flags: {
    ...printFlags,
    flatten: bool('Write the files into the configuration.'),
    minify: bool('Leave out what the current context does not use.'),
    raw: bool('Show bytes and secrets.'),
    merge: bool('Merge the files.', { initial: true }),
  },
  async run({ context, flags, args, path }) {
    if (args.length > 0) throw usageError(path, `unexpected arguments: [${args.join(' ')}]`);
    const output = flags.output === '' && flags.template === '' ? 'yaml' : flags.output;
    const printer = await objectPrinter(context, { ...flags, output }, '');
    await context.out.write(printer.print(await context.configuration.view(context.serverUrl)));
  },
});

const getContexts = kubectlCommand({
  name: 'get-contexts',
  use: '[(-o|--output=)name)]',
  short: 'Describe one or many contexts',
  flags: {
    'no-headers': bool('Leave out the headers.'),
    output: string('Output format. One of: (name).', { short: 'o' }),
  },
  async run({ context, flags, args }) {
    const current = await context.configuration.currentContext();
    const all = await context.configuration.contexts();
    const missing = args.find((name) => !all.some((one) => one.name === name));
    if (missing !== undefined) throw failure(`context ${missing} not found`);
    const shown = args.length === 0 ? all : all.filter(({ name }) => args.includes(name));
    if (flags.output === 'name') {
      await context.out.write(shown.map(({ name }) => `${name}\n`).join(''));
      return;
    }
    if (flags.output !== '') {
      throw failure(`output must be one of '' or 'name': ${flags.output}`);
    }
    const rows = shown.map(({ name, cluster, user, namespace }) => [
      name === current ? '*' : '',
      ...[name, cluster, user, namespace ?? ''],
    ]);
    const headers = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
    const lines = [...(flags['no-headers'] ? [] : [headers]), ...rows];
    const text = lines.map((cells) => `${cells.join('\t')}\n`).join('');
    await context.out.write(aligned(text, tableOptions));
  },
});

const setContext = kubectlCommand({
  name: 'set-context',
  use: '[NAME | --current] [--namespace=namespace]',
  short: 'Set a context entry in kubeconfig',
  examples: [
    ['Another namespace for all commands', 'kubectl config set-context --current --namespace=dev'],
  ],
  flags: { current: bool('Change the current context.') },
  async run({ context, flags, args, path }) {
    if (args.length > 1) throw usageError(path, `Unexpected args: [${args.join(' ')}]`);
    const [given] = args;
    if (given !== undefined && flags.current) {
      throw failure('you cannot specify both a context name and --current');
    }
    if (given === undefined && !flags.current) {
      throw failure('you must specify a non-empty context name or --current');
    }
    const name = given ?? (await context.configuration.currentContext());
    await context.configuration.setNamespace(name, context.globals.namespace);
    await context.out.line(`Context "${name}" modified.`);
  },
});

const useContext = kubectlCommand({
  name: 'use-context',
  aliases: ['use'],
  use: 'CONTEXT_NAME',
  short: 'Set the current-context in a kubeconfig file',
  async run({ context, args, path }) {
    const [name] = args;
    if (name === undefined || args.length > 1) {
      throw usageError(path, `Unexpected args: [${args.join(' ')}]`);
    }
    await context.configuration.useContext(name);
    await context.out.line(`Switched to context "${name}".`);
  },
});

export const configCommand = kubectlCommand({
  name: 'config',
  use: 'SUBCOMMAND',
  short: 'Modify kubeconfig files',
  long: "Shows and changes ~/.kube/config, or the file that $KUBECONFIG names. This kubectl only takes contexts' namespaces from it.",
  subcommands: [currentContext, getContexts, setContext, useContext, view],
});

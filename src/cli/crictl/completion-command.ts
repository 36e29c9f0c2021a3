import { failure } from '#cli/command/errors.ts';
import type { App } from '#cli/urfave/command.ts';
import { fishCompletion } from '#cli/urfave/fish-completion.ts';
import { helpCommand } from '#cli/urfave/help.ts';
import type { CrictlContext } from './context.ts';
import { type CrictlCommand, crictlCommand } from './crictl-command.ts';
import type { GlobalFlags } from './global-flags.ts';

type Crictl = App<CrictlContext, GlobalFlags>;

/** What completes crictl's own command line in a shell (crictl, completion.go). */
export function completionCommand(app: () => Crictl): CrictlCommand {
  return crictlCommand({
    name: 'completion',
    usage: 'Output shell completion code',
    argsUsage: 'SHELL',
    description: `Output shell completion code for bash, zsh or fish.

Examples:

    # Installing bash completion on Linux
    source <(crictl completion bash)

    # Installing zsh completion on Linux
    source <(crictl completion zsh)

    # Installing fish completion on Linux
    crictl completion fish | source
	`,
    async run({ context: { out }, args, showHelp }) {
      if (args.length > 1) return showHelp();
      switch (args[0]) {
        case undefined:
        case 'bash':
          return out.line(bash(app()));
        case 'zsh':
          return out.line(zsh(app()));
        case 'fish':
          return out.line(fishCompletion(app(), 'completion'));
        default:
          throw failure('only bash, zsh or fish are supported');
      }
    },
  });
}

function optionsOf({ globals }: Crictl): string[] {
  return [...Object.keys(globals), 'help', 'version'].map((name) => `--${name}`);
}

function bash(app: Crictl): string {
  const names = [...app.commands, helpCommand].flatMap(({ name, aliases }) => [name, ...aliases]);
  return `_crictl() {
    local cur opts base
    COMPREPLY=()
    cur="\${COMP_WORDS[COMP_CWORD]}"
    opts="${[...names, ...optionsOf(app)].join('\n')}"
    COMPREPLY=( $(compgen -W "\${opts}" -- \${cur}) )
    return 0
}

complete -F _crictl crictl`;
}

function zsh(app: Crictl): string {
  const commands = [...app.commands, helpCommand].flatMap(({ name, aliases, usage }) =>
    [name, ...aliases].map((one) => `${one}:${usage}`),
  );
  return `#compdef crictl

_crictl() {
  local -a cmds
  cmds=('${commands.join("' '")}')
  _describe 'commands' cmds

  local -a opts
  opts=('${optionsOf(app).join("' '")}')
  _describe 'global options' opts

  return
}

compdef _crictl crictl`;
}

import { failure, usageError } from '#cli/command/errors.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';

/**
 * For bash: asks `kubectl __complete` for the words, as cobra's script does. Needs nothing of the
 * bash-completion package.
 */
const bash = `_kubectl_complete() {
  local words cur out directive
  COMPREPLY=()
  words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  cur="\${COMP_WORDS[COMP_CWORD]}"
  out=$(kubectl __complete "\${words[@]}" 2>/dev/null) || return
  directive="\${out##*:}"
  out="\${out%:*}"
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$out" -- "$cur"))
  if [ "\${#COMPREPLY[@]}" -eq 0 ] && [ $((directive & 4)) -eq 0 ]; then
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o default -F _kubectl_complete kubectl
`;

export const completionCommand = kubectlCommand({
  name: 'completion',
  use: 'SHELL',
  short: 'Output shell completion code for the specified shell (bash)',
  long: "Prints code that makes a shell complete kubectl's commands, options and objects. Busybox's ash has no programmable completion, so that there is nothing for it.",
  examples: [['In this bash', 'source <(kubectl completion bash)']],
  complete: () => Promise.resolve(['bash']),
  async run({ context, args, path }) {
    const [shell] = args;
    if (shell === undefined) throw usageError(path, 'Shell not specified.');
    if (args.length > 1) {
      throw usageError(path, 'Too many arguments. Expected only the shell type.');
    }
    if (shell === 'ash' || shell === 'sh') {
      throw failure(
        `there is no completion for ${shell}: busybox's shell has no programmable completion`,
      );
    }
    if (shell !== 'bash') throw usageError(path, `Unsupported shell type "${shell}".`);
    await context.out.write(bash);
  },
});

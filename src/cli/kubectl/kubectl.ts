import { SandglassError } from '#base/errors.ts';
import { execute } from '#cli/command/execute.ts';
import { failure } from '#cli/command/errors.ts';
import type { Program } from '#cli/ports.ts';
import { TextOutput } from '#cli/text/io.ts';
import { complete } from './completion/complete.ts';
import { checkGlobals, KubectlContext, type KubectlSettings } from './context.ts';
import { errorOutcome } from './error-text.ts';
import { globalFlags } from './global-flags.ts';
import { helpGroups, rootCommand } from './root.ts';

/** What a shell reports of a command that ctrl-C ended. */
const interruptedCode = 130;

/** `/usr/bin/kubectl` of the node: kubectl 1.36 as far as this cluster goes. */
export function createKubectl(settings: KubectlSettings): Program {
  return async (invocation) => {
    const out = new TextOutput(invocation.stdout, invocation.signal);
    const err = new TextOutput(invocation.stderr, invocation.signal);
    const [, ...words] = invocation.argv;
    const program = { root: rootCommand, globals: globalFlags, help: { groups: helpGroups } };
    let context: KubectlContext | undefined;
    try {
      if (words[0] === '__complete' || words[0] === '__completeNoDesc') {
        await out.write(await complete(program, invocation, settings, words.slice(1)));
        return 0;
      }
      await execute(program, {
        words,
        print: (text) => out.write(text),
        printError: (text) => err.write(text),
        context: (globals) => {
          checkGlobals(globals);
          context = new KubectlContext(invocation, settings, globals);
          return context;
        },
      });
      checkWarnings(context);
      return 0;
    } catch (error) {
      if (invocation.signal.aborted) return interruptedCode;
      if (isBrokenPipe(error)) return 0;
      const { text, code } = errorOutcome(error);
      if (text !== '') await err.write(text.endsWith('\n') ? text : `${text}\n`);
      return code;
    } finally {
      context?.close();
    }
  };
}

function checkWarnings(context: KubectlContext | undefined): void {
  if (!context?.globals['warnings-as-errors']) return;
  const count = context.warnings();
  if (count > 0) throw failure(`${count} warning${count === 1 ? '' : 's'} received`);
}

/** Whoever read the output has left, as `head` does. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof SandglassError && error.errno === 'EPIPE';
}

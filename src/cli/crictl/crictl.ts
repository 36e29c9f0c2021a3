import { SandglassError, asSandglassError } from '#base/errors.ts';
import { ExitError } from '#cli/command/errors.ts';
import type { Program } from '#cli/ports.ts';
import { TextOutput, isTerminal } from '#cli/text/io.ts';
import { runApp } from '#cli/urfave/run-app.ts';
import { app } from './app.ts';
import { CrictlContext, type CrictlSettings } from './context.ts';
import { Log } from './log.ts';

/** What a shell reports of a command that ctrl-C ended. */
const interruptedCode = 130;

/** `/usr/bin/crictl` of the node: crictl 1.36. */
export function createCrictl(settings: CrictlSettings): Program {
  return async (invocation) => {
    const { signal, stdout, stderr, env, argv } = invocation;
    const out = new TextOutput(stdout, signal);
    const err = new TextOutput(stderr, signal);
    const log = new Log(err, settings.clock, isTerminal(invocation, 'stderr'));
    try {
      await runApp(app, {
        words: argv.slice(1),
        env,
        print: (text) => out.write(text),
        prepare: (globals, isGiven) =>
          CrictlContext.prepare(invocation, settings, log, globals, isGiven),
      });
      return 0;
    } catch (error) {
      if (signal.aborted) return interruptedCode;
      if (isBrokenPipe(error)) return 0;
      if (error instanceof ExitError) {
        if (error.message !== '') await err.line(error.message);
        return error.exitCode;
      }
      await log.fatal(asSandglassError(error).message);
      return 1;
    }
  };
}

/** Whoever read the output has left, as `head` does. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof SandglassError && error.errno === 'EPIPE';
}

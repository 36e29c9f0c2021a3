import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { ProcessExit } from '#guest/process.ts';

/** How libcni's errors name what a plugin was asked (libcni/api.go). */
const verbs = { ADD: '(add)', DEL: '(delete)' } as const;

export type PluginCommand = keyof typeof verbs;

export function pluginFailure(
  command: PluginCommand,
  type: string,
  why: string,
  cause?: unknown,
): SandglassError {
  const message = `plugin type="${type}" failed ${verbs[command]}: ${why}`;
  return new SandglassError('unknown', message, { cause });
}

/** What a plugin that did not end with 0 says of it on its standard output, or did not (invoke/raw_exec.go). */
export function pluginComplaint(exit: ProcessExit, stdout: string, stderr: string): string {
  if (stdout !== '') {
    try {
      const { msg, details } = JSON.parse(stdout) as { msg: string; details?: string };
      return details === undefined || details === '' ? msg : `${msg}; ${details}`;
    } catch (error) {
      const why = asSandglassError(error).message;
      return `netplugin failed but error parsing its diagnostic message ${JSON.stringify(stdout)}: ${why}`;
    }
  }
  if (stderr !== '') return `netplugin failed: ${JSON.stringify(stderr)}`;
  return `netplugin failed with no error message: ${goExit(exit)}`;
}

/** As os.ProcessState of Go has it. */
function goExit({ code, signal }: ProcessExit): string {
  if (signal === undefined) return `exit status ${code}`;
  return signal === 'SIGKILL' ? 'signal: killed' : `signal: ${signal}`;
}

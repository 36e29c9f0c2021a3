import type { TraceLinks } from '#base/trace-records.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { GuestProcess } from '#guest/process.ts';
import { signals } from '#abi/signals.ts';
import type { ExecProcess, ExecTask } from '#runtimes/task.ts';
import { ownOutput } from '#guest/own-output.ts';
import type { OciCalls } from './oci-call.ts';
import type { RuncPaths } from './runc-paths.ts';

/** Until somebody says how large the terminal is. */
const usualSize: TerminalSize = { columns: 80, rows: 24 };

/**
 * Runs a further process in the container. It is a child of the runtime, which stays until the
 * process ends and hands its streams through, or its terminal.
 */
export async function execInContainer(
  { agent, clock, trace, paths }: OciCalls & { paths: RuncPaths },
  name: string,
  { process, stdin, terminal }: ExecTask,
  links: TraceLinks,
  signal?: AbortSignal,
): Promise<ExecProcess> {
  const begin = clock.now();
  const file = `${paths.bundle}/${name}.json`;
  const pidFile = `${paths.bundle}/${name}.pid`;
  const tty = process.terminal === true;
  await agent.files.write(file, JSON.stringify(process), signal ? { signal } : {});
  const request = ['exec', '--process', file, '--pid-file', pidFile];
  const caller = await agent.spawn(
    {
      argv: paths.runtimeArgv(...request, paths.id),
      env: paths.environment,
      ...(tty ? { terminal: terminal ?? usualSize } : { stdin }),
    },
    signal,
  );
  const exited = caller.exited.then((exit) => {
    const code = exit.code ?? 128 + signals.SIGKILL;
    const argv = [paths.runtimeName, ...request, paths.id];
    trace.emit({ kind: 'oci', argv, exitCode: code, milliseconds: clock.now() - begin, ...links });
    const cleanUp = [file, pidFile].map((path) => agent.files.remove(path, { missing: 'ignore' }));
    Promise.all(cleanUp).catch(() => undefined);
    return { code };
  });
  let over = false;
  exited.then(
    () => (over = true),
    () => (over = true),
  );
  return {
    stdin: caller.stdin,
    stdout: ownOutput(caller, 'stdout'),
    stderr: caller.stderr && ownOutput(caller, 'stderr'),
    exited,
    resize: (size) => caller.resize(size),
    async kill() {
      // Once it has ended, its number may be somebody else's.
      if (over) caller.kill();
      else await killProcess(pidFile, caller);
    },
  };

  /** The runtime's own end would leave the process to itself. */
  async function killProcess(pidOf: string, parent: GuestProcess): Promise<void> {
    const pid = Number(await agent.files.readText(pidOf).catch(() => '0'));
    if (pid > 0) await agent.system.signal(pid, 'SIGKILL').catch(() => undefined);
    parent.kill();
  }
}

import { sleep } from '#base/clock.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import { signals } from '#abi/signals.ts';
import type { ExecProcess, ExecTask } from '#runtimes/task.ts';
import { ownOutput } from '#guest/own-output.ts';
import type { OciCalls } from '#runtimes/oci-call.ts';
import type { RuncPaths } from './runc-paths.ts';

/** Milliseconds between two looks for the process: the runtime tells of it in a file only. */
const startPoll = 100;

/** Milliseconds for a runtime to come so far that its process can be killed. */
const startLimit = 10_000;

/** Until somebody says how large the terminal is. */
const usualSize: TerminalSize = { columns: 80, rows: 24 };

/**
 * Runs a further process in the container. It is a child of the runtime, which stays until the
 * process ends and hands its streams through, or its terminal.
 */
export async function execInContainer(
  { agent, clock, trace, paths, links }: OciCalls & { paths: RuncPaths; links: TraceLinks },
  name: string,
  { process, stdin, terminal }: ExecTask,
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
  trace.processes.announce(caller.pid, links);
  const exited = caller.exited.then((exit) => ({ code: exit.code ?? 128 + signals.SIGKILL }));
  const made = exited.then(({ code }) => {
    const milliseconds = clock.now() - begin;
    return tellAndCleanUp(code, milliseconds);
  });
  made.catch(() => undefined);
  const over = new AbortController();
  const end = () => {
    over.abort();
  };
  exited.then(end, end);
  let known: number | undefined;
  return {
    stdin: caller.stdin,
    stdout: ownOutput(caller, 'stdout'),
    stderr: caller.stderr && ownOutput(caller, 'stderr'),
    exited,
    pid: made,
    resize: (size) => caller.resize(size),
    async started(signal) {
      await pidOnceStarted(signal);
    },
    async kill() {
      const pid = over.signal.aborted ? undefined : await pidToKill();
      // Once it has ended, its number may be somebody else's.
      if (pid !== undefined && !over.signal.aborted) {
        await agent.system.signal(pid, 'SIGKILL').catch(() => undefined);
      }
      caller.kill();
    },
  };

  /** The process's number as soon as the runtime has made it; undefined if it ended without. */
  async function pidOnceStarted(waiting?: AbortSignal): Promise<number | undefined> {
    const until = waiting ? AbortSignal.any([over.signal, waiting]) : over.signal;
    try {
      while ((known ??= await pidInFile()) === undefined) await sleep(clock, startPoll, until);
    } catch (error) {
      if (!over.signal.aborted) throw error;
    }
    return known;
  }

  /** The runtime's own end would leave the process to itself, even one that it is only about to make. */
  async function pidToKill(): Promise<number | undefined> {
    const patience = new AbortController();
    const cancel = clock.schedule(startLimit, () => {
      patience.abort();
    });
    return pidOnceStarted(patience.signal)
      .catch(() => undefined)
      .finally(cancel);
  }

  async function pidInFile(): Promise<number | undefined> {
    const text = await agent.files.readText(pidFile).catch(() => '');
    return Number(text) || undefined;
  }

  async function tellAndCleanUp(code: number, milliseconds: number): Promise<number | undefined> {
    const pid = known ?? (await pidInFile());
    const argv = [paths.runtimeName, ...request, paths.id];
    const about = { ...links, ...(pid !== undefined && { pid }) };
    trace.emit({ kind: 'oci', argv, exitCode: code, milliseconds, ...about });
    const cleanUp = [file, pidFile].map((path) => agent.files.remove(path, { missing: 'ignore' }));
    Promise.all(cleanUp).catch(() => undefined);
    return pid;
  }
}

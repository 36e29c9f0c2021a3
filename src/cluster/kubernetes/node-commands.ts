import { pipeBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Invocation, Program } from '#cli/ports.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { Hostcall } from '#guest/hostcalls.ts';

/** The process of a VMM calls for its machine under this name (images/guest/kata-vmm). */
export const vmmProgramName = 'sandglass-vmm';

/** Serves the node's commands until the signal fires; `programOf` finds what a name stands for. */
export async function serveCommands(
  agent: AgentClient,
  programOf: (name: string, calling: AbortSignal) => Promise<Program | undefined>,
  signal: AbortSignal,
): Promise<void> {
  const service = await agent.serveHostcalls(async (call) => {
    const name = call.argv[0]?.split('/').at(-1) ?? '';
    const program = await programOf(name, call.signal);
    if (!program) throw new SandglassError('unimplemented', `${name} is not on this node yet.`);
    return program(invocationOf(agent, call));
  }, signal);
  signal.addEventListener('abort', () => {
    service.close();
  });
  await service.closed;
}

function invocationOf(agent: AgentClient, call: Hostcall): Invocation {
  const { argv, cwd, env, terminal, stdin, stdout, stderr, files, signal } = call;
  return {
    argv,
    cwd,
    env,
    terminal,
    stdin,
    stdout,
    stderr,
    files,
    signal,
    listen: (address, onConnection, listening) =>
      agent.listen(address, onConnection, { signal: listening }),
    run: (command, running) => runOnTerminal(agent, call, command, running),
  };
}

/** A program on a terminal of its own that looks like the caller's, such as an editor. */
async function runOnTerminal(
  agent: AgentClient,
  { terminal, cwd, env, stdin, stdout }: Hostcall,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  if (!terminal?.stdin || !terminal.stdout) {
    throw new SandglassError('failed-precondition', `${argv[0] ?? 'It'} needs a terminal.`);
  }
  const process = await agent.spawn({ argv, cwd, env, terminal: terminal.size }, signal);
  const ended = new AbortController();
  const stopResizing = terminal.onResize((size) => {
    process.resize(size);
  });
  terminal.setRaw(true);
  try {
    const typing = process.stdin
      ? pipeBytes(stdin, process.stdin, ended.signal).catch(() => undefined)
      : undefined;
    await pipeBytes(
      process.stdout,
      { write: (bytes) => stdout.write(bytes), end: () => undefined },
      signal,
    );
    const exit = await process.exited;
    ended.abort();
    await typing;
    return exit.code ?? 1;
  } finally {
    ended.abort();
    stopResizing();
    terminal.setRaw(false);
    process.close();
  }
}

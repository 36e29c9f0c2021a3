import type { Attachment, ExecProcess, ExecTask } from '#runtimes/task.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { signals } from '#abi/signals.ts';
import { attachToShim } from '#runtimes/attachment.ts';
import { ShimConnection } from '#runtimes/shim-connection.ts';
import { AgentService } from './agent_pb.ts';
import { processOf } from './guest-spec.ts';
import type { ContainerPaths } from './kata-paths.ts';
import type { PodShim } from './pod-shim.ts';

const { method } = AgentService;

export interface ExecParts {
  agent: AgentClient;
  shim: PodShim;
  paths: ContainerPaths;
}

/** Runs a further process in a container of the machine. The shim holds its streams and its end. */
export async function execInMachine(
  { agent, shim, paths }: ExecParts,
  execId: string,
  { process, stdin, terminal }: ExecTask,
  signal?: AbortSignal,
): Promise<ExecProcess> {
  const tty = process.terminal === true;
  const containerId = paths.id;
  await shim.call(method.execProcess, { containerId, execId, process: processOf(process) }, signal);
  await shim.track({
    containerId,
    execId,
    directory: paths.directory,
    logPath: '',
    stdin: stdin || tty,
    terminal: tty,
  });
  const socket = paths.execSocket(execId);
  const control = await ShimConnection.open(agent, socket);
  const attachment = await attachToShim(agent, socket, signal);
  if (terminal) attachment.resize(terminal);
  const exited = control.exited.then(({ code }) => ({ code }));
  return describe(attachment, control, { tty, stdin, exited });
}

function describe(
  attachment: Attachment,
  control: ShimConnection,
  { tty, stdin, exited }: { tty: boolean; stdin: boolean; exited: Promise<{ code: number }> },
): ExecProcess {
  let ended = false;
  const end = () => {
    ended = true;
  };
  exited.then(end, end);
  return {
    stdin: stdin ? attachment.stdin : undefined,
    stdout: attachment.stdout,
    stderr: tty ? undefined : attachment.stderr,
    exited,
    // A process of another kernel has no number on the node.
    pid: Promise.resolve(undefined),
    started: () => Promise.resolve(),
    resize: (size) => {
      attachment.resize(size);
    },
    async kill() {
      if (!ended) await control.kill(signals.SIGKILL, false).catch(() => undefined);
      await exited.catch(() => undefined);
      attachment.close();
      await control.delete().catch(() => undefined);
      control.close();
    },
  };
}

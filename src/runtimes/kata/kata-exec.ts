import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { Attachment, ExecProcess, ExecTask } from '#runtimes/task.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { signals } from '#abi/signals.ts';
import { attachToShim } from '#runtimes/attachment.ts';
import { ShimConnection } from '#runtimes/shim-connection.ts';
import { AgentService } from './agent_pb.ts';
import { processOf } from './guest-spec.ts';
import { endTime } from './kata-calls.ts';
import type { ContainerPaths } from './kata-paths.ts';
import type { PodShim } from './pod-shim.ts';

const { method } = AgentService;

export interface ExecParts {
  agent: AgentClient;
  deadlines: Clock;
  shim: PodShim;
  paths: ContainerPaths;
}

/**
 * Runs a further process in a container of the machine. The shim holds its streams and its end. Where the caller gives
 * up before it has begun, it is ended as soon as it has: ttRPC cannot take a call back.
 */
export async function execInMachine(
  parts: ExecParts,
  execId: string,
  task: ExecTask,
  signal?: AbortSignal,
): Promise<ExecProcess> {
  throwIfCancelled(signal);
  const begun = begin(parts, execId, task);
  try {
    return await untilAborted(begun, signal);
  } catch (error) {
    begun.then((process) => process.kill()).catch(() => undefined);
    throw error;
  }
}

async function begin(
  { agent, deadlines, shim, paths }: ExecParts,
  execId: string,
  { process, stdin, terminal }: ExecTask,
): Promise<ExecProcess> {
  const tty = process.terminal === true;
  const containerId = paths.id;
  await shim.call(method.execProcess, { containerId, execId, process: processOf(process) });
  const socket = paths.execSocket(execId);
  let control: ShimConnection | undefined;
  try {
    const { directory } = paths;
    const streams = { logPath: '', stdin: stdin || tty, terminal: tty };
    await shim.track({ containerId, execId, directory, ...streams });
    control = await ShimConnection.open(agent, socket);
    const attachment = await attachToShim(agent, socket);
    if (terminal) attachment.resize(terminal);
    return describe(attachment, control, { tty, stdin, deadlines });
  } catch (error) {
    control?.close();
    const end = { containerId, execId, signal: signals.SIGKILL };
    shim.call(method.signalProcess, end).catch(() => undefined);
    throw error;
  }
}

function describe(
  attachment: Attachment,
  control: ShimConnection,
  { tty, stdin, deadlines }: { tty: boolean; stdin: boolean; deadlines: Clock },
): ExecProcess {
  const exited = control.exited.then(({ code }) => ({ code }));
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
      if (!ended) await killed().catch(() => undefined);
      attachment.close();
      await control.delete().catch(() => undefined);
      control.close();
    },
  };

  /** One that waits for the machine's files cannot be killed, and keeps nobody waiting. */
  function killed(): Promise<unknown> {
    const told = control.kill(signals.SIGKILL, false).catch(() => undefined);
    return withDeadline(
      told.then(() => exited),
      deadlines,
      endTime,
      'The process does not end.',
    );
  }
}

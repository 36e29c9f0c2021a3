import type { ByteDuplex } from '#base/byte-stream.ts';
import { wallNanoseconds } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { type ErrorCode, SandglassError, asSandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { ResourcesSpec } from '#oci/runtime-spec.ts';
import { signals } from '#abi/signals.ts';
import { attachToShim } from '#runtimes/attachment.ts';
import { runOnNode } from '#runtimes/oci-call.ts';
import { readExit, type ShimConnection } from '#runtimes/shim-connection.ts';
import type { Attachment, ExecProcess, ExecTask, Task, TaskExit } from '#runtimes/task.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { AgentService } from './agent_pb.ts';
import type { CgroupStats } from '#runtimes/cgroup-stats.ts';
import { guestStats } from './guest-stats.ts';
import { guestResources } from './guest-spec.ts';
import { type KataCalls, endTime } from './kata-calls.ts';
import { execInMachine } from './kata-exec.ts';
import { type ContainerPaths, shareProgram } from './kata-paths.ts';
import type { KataSandbox } from './kata-sandbox.ts';

const { method } = AgentService;

/** Milliseconds that a machine has to tell of its use, which takes it some tens of them: others' figures wait for it. */
const statsTime = 5_000;
/** Of errors: there is nothing of the container any more, or nobody who could tell. */
const silent: readonly ErrorCode[] = [
  ...(['not-found', 'invalid-argument', 'unavailable', 'cancelled', 'deadline-exceeded'] as const),
];

export interface KataTaskParts extends KataCalls {
  paths: ContainerPaths;
  sandbox: KataSandbox;
  control: ShimConnection;
  links: TraceLinks;
  /** When it is deleted: the sandbox's own container takes the machine with it. */
  onDelete: () => Promise<void>;
}

/** One container in the machine of a pod, by way of the pod's shim. */
export class KataTask implements Task {
  readonly id: string;
  readonly exited: Promise<TaskExit>;
  readonly ownKernel = true;
  readonly #parts: KataTaskParts;
  #execs = 0;
  /** Its end may come before the answer to what has ended it. */
  #ended = false;

  constructor(parts: KataTaskParts) {
    this.id = parts.paths.id;
    this.#parts = parts;
    this.exited = parts.control.exited.catch((error: unknown) => {
      if (isGone(error)) return this.#exitWithoutShim();
      throw error;
    });
    const end = () => {
      this.#ended = true;
    };
    this.exited.then(end, end);
  }

  /** The machine's VMM: what is in it has no number on the node. */
  get pid(): number {
    return this.#parts.sandbox.vmmPid;
  }

  async start(signal?: AbortSignal): Promise<void> {
    await this.#shim.call(method.startContainer, { containerId: this.id }, signal);
  }

  async delete(): Promise<void> {
    const { control, paths, links, agent, deadlines, onDelete } = this.#parts;
    const late = "The machine's agent does not answer.";
    try {
      await withDeadline(control.delete(), deadlines, endTime, late);
    } catch (error) {
      // With its machine it is gone, and from one that hangs nothing else can be taken.
      if (!isGone(error) && !isLate(error)) throw error;
    }
    control.close();
    await runOnNode(
      this.#parts,
      [shareProgram, 'unmount', `${paths.sandbox.shared}/${paths.id}`],
      links,
    );
    await agent.files.remove(paths.directory, { recursive: true, missing: 'ignore' });
    await onDelete();
  }

  async kill(signal: number, { all = false }: { all?: boolean } = {}): Promise<void> {
    if (all && signal === signals.SIGKILL) this.#endMachineUnlessItObeys();
    try {
      await this.#parts.control.kill(signal, all);
    } catch (error) {
      const isOver = this.#ended || isGone(error) || isNotFound(error);
      if (!isOver) throw error;
    }
  }

  exec(request: ExecTask, signal?: AbortSignal): Promise<ExecProcess> {
    const { agent, paths, deadlines } = this.#parts;
    return execInMachine(
      { agent, paths, deadlines, shim: this.#shim },
      `exec-${this.#execs++}`,
      request,
      signal,
    );
  }

  attach(signal?: AbortSignal): Promise<Attachment> {
    return attachToShim(this.#parts.agent, this.#parts.paths.controlSocket, signal);
  }

  /** None of them is a process of the node. */
  pids(): Promise<number[]> {
    return Promise.resolve([]);
  }

  async stats(): Promise<CgroupStats | undefined> {
    const request = { containerId: this.id };
    const over = new AbortController();
    const answer = this.#shim.call(method.statsContainer, request, over.signal);
    const late = "The machine's agent does not answer.";
    try {
      return guestStats(await withDeadline(answer, this.#parts.deadlines, statsTime, late));
    } catch (error) {
      if (silent.includes(asSandglassError(error).code)) return undefined;
      throw error;
    } finally {
      over.abort();
    }
  }

  /** At the pod's address: its loopback is within the machine, where nobody of the node comes. */
  async dial(port: number, signal?: AbortSignal): Promise<ByteDuplex> {
    const { agent, sandbox } = this.#parts;
    const [host] = (sandbox.network.addresses[0] ?? '').split('/');
    if (!host) throw new SandglassError('failed-precondition', 'The pod has no address.');
    return agent.connect({ host, port }, signal);
  }

  async pause(): Promise<void> {
    await this.#shim.call(method.pauseContainer, { containerId: this.id });
  }

  async resume(): Promise<void> {
    await this.#shim.call(method.resumeContainer, { containerId: this.id });
  }

  async update(resources: ResourcesSpec, signal?: AbortSignal): Promise<void> {
    const request = { containerId: this.id, resources: guestResources(resources) };
    await this.#shim.call(method.updateContainer, request, signal);
  }

  resizeTerminal({ columns, rows }: TerminalSize): Promise<void> {
    return this.#parts.control.resize(columns, rows);
  }

  closeStdin(): Promise<void> {
    return this.#parts.control.closeStdin();
  }

  reopenLog(): Promise<void> {
    return this.#parts.control.reopenLog();
  }

  release(): void {
    this.#parts.control.close();
  }

  /** A process that waits for a reply that never comes cannot be killed, but what it runs on can. */
  #endMachineUnlessItObeys(): void {
    const cancel = this.#parts.deadlines.schedule(endTime, () => {
      this.#shim.shutDown().catch(() => undefined);
    });
    this.exited.then(cancel, cancel);
  }

  get #shim() {
    return this.#parts.sandbox.shim;
  }

  /** What the shim left behind; if that is nothing, the container went with its machine. */
  async #exitWithoutShim(): Promise<TaskExit> {
    const { agent, paths, clock } = this.#parts;
    try {
      return readExit(await agent.files.read(paths.exitFile));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const code = 128 + signals.SIGKILL;
      return { code, exitedAt: wallNanoseconds(clock), oomKilled: false };
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof SandglassError && error.code === 'unavailable';
}

function isLate(error: unknown): boolean {
  return error instanceof SandglassError && error.code === 'deadline-exceeded';
}

function isNotFound(error: unknown): boolean {
  return error instanceof SandglassError && error.code === 'not-found';
}

import { signals } from '#abi/signals.ts';
import type { ByteDuplex } from '#base/byte-stream.ts';
import { wallNanoseconds } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { ResourcesSpec } from '#oci/runtime-spec.ts';
import type { Attachment, ExecProcess, ExecTask, Task, TaskExit } from '#runtimes/task.ts';
import { attachToShim } from '#runtimes/attachment.ts';
import { type CgroupStats, readCgroup } from '#runtimes/cgroup-stats.ts';
import { execInContainer } from './exec.ts';
import { type OciCalls, recordOciCall, runOnNode } from '#runtimes/oci-call.ts';
import type { RuncPaths } from './runc-paths.ts';
import { type ShimConnection, readExit } from '#runtimes/shim-connection.ts';

/** Of a container whose shim was killed: as containerd reports it (core/runtime/v2/shim.go). */
const exitOfLostShim = 128 + signals.SIGKILL;

export interface RuncTaskParts extends OciCalls {
  paths: RuncPaths;
  shim: ShimConnection;
  pid: number;
  links: TraceLinks;
}

function isGone(error: unknown): boolean {
  return error instanceof SandglassError && error.code === 'unavailable';
}

/** One container of crun or runc, by way of its shim. */
export class RuncTask implements Task {
  readonly id: string;
  readonly pid: number;
  readonly ownKernel = false;
  readonly exited: Promise<TaskExit>;
  readonly #parts: RuncTaskParts;
  #execs = 0;
  #cgroup: string | undefined;

  constructor(parts: RuncTaskParts) {
    this.id = parts.paths.id;
    this.pid = parts.pid;
    this.#parts = parts;
    this.exited = parts.shim.exited.catch((error: unknown) => {
      if (isGone(error)) return this.#exitWithoutShim();
      throw error;
    });
    this.exited.catch(() => undefined);
  }

  async start(signal?: AbortSignal): Promise<void> {
    await this.#call(['start', this.id], signal);
  }

  async delete(): Promise<void> {
    const { paths, shim, agent } = this.#parts;
    await recordOciCall(
      this.#parts,
      [paths.runtimeName, 'delete', this.id],
      this.#links(),
      async () => {
        try {
          await shim.delete();
        } catch (error) {
          if (!isGone(error)) throw error;
          const { links } = this.#parts;
          await runOnNode(this.#parts, paths.runtimeArgv('delete', '--force', this.id), links);
          await runOnNode(this.#parts, [paths.shimProgram, 'unmount', paths.rootfs], links);
        }
      },
    );
    shim.close();
    await agent.files.remove(paths.bundle, { recursive: true, missing: 'ignore' });
  }

  async kill(signal: number, { all = false }: { all?: boolean } = {}): Promise<void> {
    try {
      await this.#parts.shim.kill(signal, all);
    } catch (error) {
      // Without its shim nobody but us can end it.
      if (isGone(error)) await this.#killWithoutShim(signal);
      else if (!(error instanceof SandglassError) || error.code !== 'not-found') throw error;
    }
  }

  exec(request: ExecTask, signal?: AbortSignal): Promise<ExecProcess> {
    const name = `exec-${this.#execs++}`;
    return execInContainer(this.#parts, name, request, signal);
  }

  attach(signal?: AbortSignal): Promise<Attachment> {
    return attachToShim(this.#parts.agent, this.#parts.paths.controlSocket, signal);
  }

  async pids(signal?: AbortSignal): Promise<number[]> {
    const { agent, paths } = this.#parts;
    const text = await agent.files.readText(
      `${await paths.cgroup(agent)}/cgroup.procs`,
      signal ? { signal } : {},
    );
    return text.split('\n').filter(Boolean).map(Number);
  }

  async stats(): Promise<CgroupStats | undefined> {
    const { agent, paths } = this.#parts;
    try {
      this.#cgroup ??= await paths.cgroup(agent);
    } catch (error) {
      // Its bundle goes with it.
      if (error instanceof SandglassError && error.code === 'not-found') return undefined;
      throw error;
    }
    return readCgroup(agent, this.#cgroup);
  }

  /** In its network namespace, to what listens on all of its addresses or on localhost alone. */
  dial(port: number, signal?: AbortSignal): Promise<ByteDuplex> {
    const address = { host: '127.0.0.1', port, networkOf: this.pid };
    return this.#parts.agent.connect(address, signal);
  }

  pause(): Promise<void> {
    return this.#call(['pause', this.id]);
  }

  resume(): Promise<void> {
    return this.#call(['resume', this.id]);
  }

  async update(resources: ResourcesSpec, signal?: AbortSignal): Promise<void> {
    const { agent, paths } = this.#parts;
    const file = `${paths.bundle}/resources.json`;
    await agent.files.write(file, JSON.stringify(resources));
    await this.#call(['update', '--resources', file, this.id], signal);
  }

  resizeTerminal({ columns, rows }: TerminalSize): Promise<void> {
    return this.#parts.shim.resize(columns, rows);
  }

  closeStdin(): Promise<void> {
    return this.#parts.shim.closeStdin();
  }

  reopenLog(): Promise<void> {
    return this.#parts.shim.reopenLog();
  }

  release(): void {
    this.#parts.shim.close();
  }

  #links(): TraceLinks {
    return { ...this.#parts.links, pid: this.pid };
  }

  async #call(request: readonly string[], signal?: AbortSignal): Promise<void> {
    const { paths, links } = this.#parts;
    const argv = paths.runtimeArgv(...request);
    await recordOciCall(this.#parts, [paths.runtimeName, ...request], this.#links(), () =>
      runOnNode(this.#parts, argv, links, { env: paths.environment, signal }),
    );
  }

  async #killWithoutShim(signal: number): Promise<void> {
    await this.#call(['kill', this.id, String(signal)]).catch(() => undefined);
  }

  /** What the shim left behind; if that is nothing, the container does not outlive it. */
  async #exitWithoutShim(): Promise<TaskExit> {
    const { agent, paths, clock } = this.#parts;
    try {
      return readExit(await agent.files.read(paths.exitFile));
    } catch (error) {
      if (!(error instanceof SandglassError) || error.code !== 'not-found') throw error;
      await this.#call(['kill', this.id, 'KILL']).catch(() => undefined);
      const exitedAt = wallNanoseconds(clock);
      return { code: exitOfLostShim, exitedAt, oomKilled: false };
    }
  }
}

import { signals } from '#abi/signals.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError } from '#base/errors.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { cgroupOf, removeCgroup } from '#runtimes/cgroups.ts';
import { overlayOptions } from '#runtimes/overlay-options.ts';
import type { CreateTask, RuntimeFeatures, Task, TaskRuntime } from '#runtimes/task.ts';
import { type OciCalls, recordOciCall, runOnNode } from '#runtimes/oci-call.ts';
import { type OciRuntimeName, RuncPaths, ociRuntimes } from './runc-paths.ts';
import { RuncTask } from './runc-task.ts';
import { ShimConnection } from '#runtimes/shim-connection.ts';

/** Milliseconds for a shim to end its container, which it may still be creating. */
const shimEndTime = 10_000;

/** Containers as namespaces and cgroups of the node itself, made by a real OCI runtime. */
export class RuncRuntime implements TaskRuntime {
  readonly features: RuntimeFeatures = { recursiveReadOnlyMounts: true };
  readonly #calls: OciCalls;
  readonly #name: OciRuntimeName;

  constructor(name: OciRuntimeName, calls: OciCalls) {
    this.#name = name;
    this.#calls = calls;
  }

  async create(request: CreateTask, signal?: AbortSignal): Promise<Task> {
    const { agent } = this.#calls;
    const paths = new RuncPaths(this.#name, request.id);
    const { rootfs, spec } = request;
    for (const directory of [paths.rootfs, rootfs.upper, rootfs.work]) {
      await agent.files.makeDirectory(directory, { parents: true });
    }
    await agent.files.write(paths.configFile, JSON.stringify(spec));
    const argv = [this.#name, 'create', '--bundle', paths.bundle, request.id];
    const { links } = request;
    const run = () => runOnNode(this.#calls, shimArgv(paths, request), links, { signal });
    const pid = await recordOciCall(
      this.#calls,
      argv,
      links,
      async () => Number(await run()),
      (made) => ({ ...links, pid: made }),
    );
    return this.#connect(paths, pid, request.links);
  }

  async load(id: string, links: TraceLinks): Promise<Task | undefined> {
    const { agent } = this.#calls;
    const paths = new RuncPaths(this.#name, id);
    let pid = 0;
    try {
      pid = Number(await agent.files.readText(paths.pidFile));
    } catch (error) {
      if (error instanceof SandglassError && error.code === 'not-found') return undefined;
      throw error;
    }
    try {
      const task = await this.#connect(paths, pid, links);
      void this.#announceProcesses(task, links);
      return task;
    } catch (error) {
      if (!(error instanceof SandglassError) || error.code !== 'unavailable') throw error;
      return new RuncTask({ ...this.#calls, paths, shim: ShimConnection.gone(), pid, links });
    }
  }

  async cleanUp(id: string, links: TraceLinks): Promise<void> {
    const { agent } = this.#calls;
    const paths = new RuncPaths(this.#name, id);
    if (!(await agent.files.exists(paths.bundle))) return;
    await this.#endShim(paths);
    // It may know nothing of the container, or too little to delete it.
    const remains = paths.runtimeArgv('delete', '--force', id);
    await runOnNode(this.#calls, remains, links, { env: paths.environment }).catch(() => undefined);
    await agent.files.remove(paths.runtimeState, { recursive: true, missing: 'ignore' });
    const cgroup = await paths.cgroup(agent).catch(() => undefined);
    if (cgroup !== undefined) await removeCgroup(agent, cgroup);
    await runOnNode(this.#calls, [paths.shimProgram, 'unmount', paths.rootfs], links);
    await agent.files.remove(paths.bundle, { recursive: true, missing: 'ignore' });
  }

  /** Those that an earlier life of this side started. One that goes meanwhile needs no name any more. */
  async #announceProcesses(task: Task, links: TraceLinks): Promise<void> {
    const { processes } = this.#calls.trace;
    processes.announce(task.pid, links);
    try {
      for (const pid of await task.pids()) processes.announce(pid, links);
    } catch {
      // Without its cgroup it has no process.
    }
  }

  /** With the container. One that is still creating it answers when that has come to an end. */
  async #endShim({ controlSocket }: RuncPaths): Promise<void> {
    const { agent, clock } = this.#calls;
    const ended = new AbortController();
    const end = async () => {
      const shim = await ShimConnection.open(agent, controlSocket, ended.signal);
      await shim.kill(signals.SIGKILL, true).catch(() => undefined);
      await shim.exited;
      await shim.delete();
    };
    try {
      await withDeadline(end(), clock, shimEndTime, 'The shim does not answer.');
    } catch {
      // It has gone, or is no help: what it would have done is done without it.
    } finally {
      ended.abort();
    }
  }

  async #connect(paths: RuncPaths, pid: number, links: TraceLinks): Promise<Task> {
    const shim = await ShimConnection.open(this.#calls.agent, paths.controlSocket);
    return new RuncTask({ ...this.#calls, paths, shim, pid, links });
  }
}

function shimArgv(paths: RuncPaths, request: CreateTask): string[] {
  const { program, root, preload } = ociRuntimes[paths.runtimeName];
  const { spec, rootfs, logPath } = request;
  const hasPidNamespace = spec.linux.namespaces.some(({ type, path }) => type === 'pid' && !path);
  const argv = [paths.shimProgram, 'create', '--id', request.id, '--bundle', paths.bundle];
  argv.push('--runtime', program, '--root', root, '--cgroup', cgroupOf(spec));
  argv.push('--overlay', overlayOptions(rootfs));
  if (preload !== undefined) argv.push('--preload', preload);
  if (logPath !== undefined) argv.push('--log', logPath);
  if (request.stdin) argv.push('--stdin');
  if (request.terminal) argv.push('--terminal');
  if (!hasPidNamespace) argv.push('--kill-all');
  return argv;
}

import { withDeadline } from '#base/deadline.ts';
import { SandglassError } from '#base/errors.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { killCgroup, removeCgroup } from '#runtimes/cgroups.ts';
import { runOnNode } from '#runtimes/oci-call.ts';
import { overlayOptions } from '#runtimes/overlay-options.ts';
import { ShimConnection } from '#runtimes/shim-connection.ts';
import type { CreateTask, RuntimeFeatures, Task, TaskRuntime } from '#runtimes/task.ts';
import { AgentService } from './agent_pb.ts';
import { guestSpec, sharesPidNamespace } from './guest-spec.ts';
import { type KataCalls, endTime } from './kata-calls.ts';
import { ContainerPaths, SandboxPaths, shareProgram } from './kata-paths.ts';
import { type KataSandbox, findState, readIfThere, setUpSandbox } from './kata-sandbox.ts';
import { KataTask } from './kata-task.ts';
import type { MachineName } from './machines.ts';
import { PodShim } from './pod-shim.ts';
import { shareMounts } from './shared-mounts.ts';
import { startShim } from './start-shim.ts';

const { method } = AgentService;

/** containerd, internal/cri/annotations */
const annotations = {
  type: 'io.kubernetes.cri.container-type',
  sandbox: 'io.kubernetes.cri.sandbox-id',
} as const;

/** Pods as virtual machines: what Kata's runtime does in its shim, which here holds the streams and makes the calls. */
export class KataRuntime implements TaskRuntime {
  /** A read-only volume's own mounts are no business of the 9P server. */
  readonly features: RuntimeFeatures = { recursiveReadOnlyMounts: false };
  readonly #machine: MachineName;
  readonly #calls: KataCalls;
  readonly #links: Map<string, TraceLinks>;
  readonly #sandboxes = new Map<string, KataSandbox>();

  /** `links` learns what each machine belongs to, before there is anything of it. */
  constructor(machine: MachineName, calls: KataCalls, links: Map<string, TraceLinks>) {
    this.#machine = machine;
    this.#calls = calls;
    this.#links = links;
  }

  async create(request: CreateTask, signal?: AbortSignal): Promise<Task> {
    const { spec, id } = request;
    const isSandbox = spec.annotations?.[annotations.type] === 'sandbox';
    const sandbox = isSandbox
      ? await this.#startSandbox(request, signal)
      : await this.#sandboxOf(spec.annotations?.[annotations.sandbox] ?? '');
    const paths = new ContainerPaths(id, sandbox.paths);
    await this.#createContainer(request, sandbox, paths, signal);
    return this.#connect(paths, sandbox, request.links);
  }

  async load(id: string, links: TraceLinks): Promise<Task | undefined> {
    const paths = await this.#find(id);
    if (!paths) return undefined;
    const sandbox = await this.#sandboxOf(paths.sandbox.id).catch(() => undefined);
    if (!sandbox) return undefined;
    return this.#connect(paths, sandbox, links);
  }

  async cleanUp(id: string, links: TraceLinks): Promise<void> {
    const { agent } = this.#calls;
    const paths = await this.#find(id);
    if (paths) {
      const { shared } = paths.sandbox;
      const sandbox = await this.#sandboxOf(paths.sandbox.id).catch(() => undefined);
      if (sandbox) await this.#removeContainer(sandbox, id);
      await runOnNode(this.#calls, [shareProgram, 'unmount', `${shared}/${id}`], links);
      await agent.files.remove(paths.directory, { recursive: true, missing: 'ignore' });
    }
    const own = new SandboxPaths(id);
    if (await agent.files.exists(own.state)) await this.#endSandbox(own, links);
    else this.#links.delete(id);
  }

  async #startSandbox(request: CreateTask, signal?: AbortSignal): Promise<KataSandbox> {
    const { agent, clock } = this.#calls;
    const { links, network, spec } = request;
    if (!network) {
      // The words of Kata's own runtime (src/runtime/pkg/katautils/network.go).
      throw new SandglassError('unknown', 'Host networking requested, not supported by runtime');
    }
    const paths = new SandboxPaths(request.id);
    this.#links.set(paths.id, links);
    const { vmm: vmmPid } = await startShim(
      this.#calls,
      { machine: this.#machine, paths, request, network },
      signal,
    );
    const shim = await PodShim.open(agent, paths.shimSocket);
    const sandbox: KataSandbox = { paths, shim, vmmPid, network };
    this.#sandboxes.set(paths.id, sandbox);
    const hostname = spec.hostname ?? '';
    await setUpSandbox(sandbox, { hostname, clock }, signal);
    return sandbox;
  }

  async #createContainer(
    { spec, rootfs, terminal, stdin, logPath = '', links }: CreateTask,
    { shim }: KataSandbox,
    paths: ContainerPaths,
    signal?: AbortSignal,
  ): Promise<void> {
    const { agent } = this.#calls;
    const { mounts, shared } = shareMounts(spec.mounts, paths);
    for (const directory of [paths.directory, rootfs.upper, rootfs.work]) {
      await agent.files.makeDirectory(directory, { parents: true });
    }
    await agent.files.write(paths.sandboxFile, paths.sandbox.id);
    const share = [shareProgram, 'mount', '--overlay', paths.rootfs, overlayOptions(rootfs)];
    for (const { source, target, readonly } of shared) {
      share.push(readonly ? '--bind-ro' : '--bind', target, source);
    }
    await runOnNode(this.#calls, share, links, { signal });
    const { id: containerId, guestRootfs } = paths;
    await shim.call(
      method.createContainer,
      {
        containerId,
        execId: containerId,
        OCI: guestSpec(spec, { rootfs: guestRootfs, mounts }),
        sandboxPidns: sharesPidNamespace(spec.linux),
      },
      signal,
    );
    await shim.track({
      containerId,
      execId: '',
      directory: paths.directory,
      logPath,
      stdin: stdin || terminal,
      terminal,
    });
  }

  async #connect(paths: ContainerPaths, sandbox: KataSandbox, links: TraceLinks): Promise<Task> {
    const { agent } = this.#calls;
    const control = await ShimConnection.open(agent, paths.controlSocket).catch(() =>
      ShimConnection.gone(),
    );
    const isSandbox = paths.id === sandbox.paths.id;
    const onDelete = async () => {
      if (isSandbox) await this.#endSandbox(sandbox.paths, links);
    };
    return new KataTask({ ...this.#calls, paths, sandbox, control, links, onDelete });
  }

  /** One that this life has started, or that an earlier one left. */
  async #sandboxOf(id: string): Promise<KataSandbox> {
    const known = this.#sandboxes.get(id);
    if (known) return known;
    const { agent } = this.#calls;
    const paths = new SandboxPaths(id);
    const state = await findState(agent, paths);
    if (!state) throw new SandglassError('not-found', `There is no virtual machine of pod ${id}.`);
    const shim = await PodShim.open(agent, paths.shimSocket);
    const { vmm: vmmPid, network } = state;
    const sandbox: KataSandbox = { paths, shim, vmmPid, network };
    this.#sandboxes.set(id, sandbox);
    return sandbox;
  }

  /** With its machine, and whatever of it is left on the node. */
  async #endSandbox(paths: SandboxPaths, links: TraceLinks): Promise<void> {
    const { agent } = this.#calls;
    // A start that was cut off has left no state, but perhaps a shim.
    const shim =
      this.#sandboxes.get(paths.id)?.shim ??
      (await PodShim.open(agent, paths.shimSocket).catch(() => undefined));
    this.#sandboxes.delete(paths.id);
    if (shim) await this.#shutDown(shim);
    this.#links.delete(paths.id);
    const cgroup = await readIfThere(agent, paths.cgroupFile);
    // By now it is empty, unless they do not obey. By their numbers they must not be killed: others may have these.
    if (cgroup !== undefined) await killCgroup(agent, cgroup);
    await runOnNode(this.#calls, [shareProgram, 'unmount', paths.shared], links);
    if (cgroup !== undefined) await removeCgroup(agent, cgroup);
    for (const directory of [paths.state, paths.machine, parentOf(paths.shared)]) {
      await agent.files.remove(directory, { recursive: true, missing: 'ignore' });
    }
  }

  /** One that does not answer, or has gone, is ended without being asked. */
  async #shutDown(shim: PodShim): Promise<void> {
    const { deadlines } = this.#calls;
    const late = "The pod's shim does not answer.";
    await withDeadline(shim.shutDown(), deadlines, endTime, late).catch(() => undefined);
    shim.close();
  }

  /** From its machine, unless that hangs, or knows nothing of it. */
  async #removeContainer({ shim }: KataSandbox, containerId: string): Promise<void> {
    const { deadlines } = this.#calls;
    const over = new AbortController();
    const removed = shim.call(method.removeContainer, { containerId }, over.signal);
    const late = "The machine's agent does not answer.";
    await withDeadline(removed, deadlines, endTime, late).catch(() => undefined);
    over.abort();
  }

  /** A container that was created; undefined if there is nothing of it. */
  async #find(id: string): Promise<ContainerPaths | undefined> {
    const { sandboxFile } = new ContainerPaths(id, new SandboxPaths(''));
    const sandboxId = await readIfThere(this.#calls.agent, sandboxFile);
    return sandboxId === undefined
      ? undefined
      : new ContainerPaths(id, new SandboxPaths(sandboxId));
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

import { SandglassError } from '#base/errors.ts';
import { type OciCalls, runOnNode } from '#runtimes/oci-call.ts';
import { cgroupOf } from '#runtimes/cgroups.ts';
import type { CreateTask, PodNetwork } from '#runtimes/task.ts';
import { type SandboxPaths, shimProgram, vmmProgram } from './kata-paths.ts';
import type { SandboxState } from './kata-sandbox.ts';
import { type MachineName, memoryClassFor } from './machines.ts';

export interface ShimRequest {
  machine: MachineName;
  paths: SandboxPaths;
  request: CreateTask;
  network: PodNetwork;
}

/** Starts a pod's shim, which starts its VMM; resolves when the agent of the machine can be called. */
export async function startShim(
  calls: OciCalls,
  wanted: ShimRequest,
  signal?: AbortSignal,
): Promise<SandboxState> {
  const { agent, trace } = calls;
  const { paths, request, network } = wanted;
  const { links, spec } = request;
  for (const directory of [paths.state, paths.machine, paths.shared]) {
    await agent.files.makeDirectory(directory, { parents: true });
  }
  // Kata's processes count as the pod's (sandbox_cgroup_only).
  const cgroup = cgroupOf(spec);
  await agent.files.write(paths.cgroupFile, cgroup);
  await agent.files.makeDirectory(cgroup, { parents: true });
  const output = await runOnNode(calls, shimArgv(wanted), links, {
    signal,
    cgroup,
  });
  const { shim, vmm } = parsePids(output);
  const state = { shim, vmm, network };
  await agent.files.write(paths.stateFile, JSON.stringify(state));
  trace.processes.announce(shim, links);
  trace.processes.announce(vmm, links);
  return state;
}

function shimArgv({ machine, paths, request, network }: ShimRequest): string[] {
  const { id } = paths;
  const argv = [shimProgram, 'start', '--id', id, '--socket', paths.shimSocket];
  argv.push('--vsock', paths.vsock, '--stderr', paths.vmmLog, '--');
  argv.push(vmmProgram, '--id', id, '--machine', machine);
  argv.push('--memory', String(memoryClassFor(request.memoryLimit ?? 0)));
  argv.push('--shared', paths.shared, '--vsock', paths.vsock);
  const netns = request.spec.linux.namespaces.find(({ type }) => type === 'network')?.path;
  argv.push('--mac', network.mac);
  if (netns !== undefined) argv.push('--netns', netns, '--interface', 'eth0');
  return argv;
}

function parsePids(output: string): { shim: number; vmm: number } {
  try {
    return JSON.parse(output) as { shim: number; vmm: number };
  } catch (cause) {
    throw new SandglassError('internal', "The pod's shim did not say which processes it made.", {
      cause,
    });
  }
}

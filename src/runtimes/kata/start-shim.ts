import { SandglassError } from '#base/errors.ts';
import { type OciCalls, runOnNode } from '#runtimes/oci-call.ts';
import { cgroupOf } from '#runtimes/runc/runc-paths.ts';
import type { CreateTask } from '#runtimes/task.ts';
import { type SandboxPaths, shimProgram, vmmProgram } from './kata-paths.ts';
import type { SandboxState } from './kata-sandbox.ts';
import { type MachineName, memoryClassFor } from './machines.ts';

export interface ShimRequest {
  machine: MachineName;
  paths: SandboxPaths;
  request: CreateTask;
}

/** Starts a pod's shim, which starts its VMM; resolves when the agent of the machine can be called. */
export async function startShim(
  calls: OciCalls,
  { machine, paths, request }: ShimRequest,
  signal?: AbortSignal,
): Promise<SandboxState> {
  const { agent, trace } = calls;
  const { links, network, spec } = request;
  for (const directory of [paths.state, paths.machine, paths.shared]) {
    await agent.files.makeDirectory(directory, { parents: true });
  }
  // Kata's processes count as the pod's (sandbox_cgroup_only).
  const cgroup = cgroupOf(spec);
  await agent.files.makeDirectory(cgroup, { parents: true });
  const output = await runOnNode(calls, shimArgv({ machine, paths, request }), links, {
    signal,
    cgroup,
  });
  const { shim, vmm } = parsePids(output);
  const state = { shim, vmm, ...(network && { network }) };
  await agent.files.write(paths.stateFile, JSON.stringify(state));
  trace.processes.announce(shim, links);
  trace.processes.announce(vmm, links);
  return state;
}

function shimArgv({ machine, paths, request }: ShimRequest): string[] {
  const { id } = paths;
  const argv = [shimProgram, 'start', '--id', id, '--socket', paths.shimSocket];
  argv.push('--vsock', paths.vsock, '--stderr', paths.vmmLog, '--');
  argv.push(vmmProgram, '--id', id, '--machine', machine);
  argv.push('--memory', String(memoryClassFor(request.memoryLimit ?? 0)));
  argv.push('--shared', paths.shared, '--vsock', paths.vsock);
  const { network, spec } = request;
  const netns = spec.linux.namespaces.find(({ type }) => type === 'network')?.path;
  // One on the node's network has a NIC that leads nowhere: a machine cannot share the node's.
  argv.push('--mac', network?.mac ?? unusedMac);
  if (network && netns !== undefined) argv.push('--netns', netns, '--interface', 'eth0');
  return argv;
}

const unusedMac = '02:00:00:00:00:01';

function parsePids(output: string): { shim: number; vmm: number } {
  try {
    return JSON.parse(output) as { shim: number; vmm: number };
  } catch (cause) {
    throw new SandglassError('internal', "The pod's shim did not say which processes it made.", {
      cause,
    });
  }
}

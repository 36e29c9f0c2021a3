import type { TraceLinks } from '#base/trace-records.ts';
import type { Invocation, Program } from '#cli/ports.ts';
import { RunningMachines } from '#cluster/virtual-machines/running-machines.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { serveVmm } from '#runtimes/kata/vmm-host.ts';
import type { VirtualMachines } from '#runtimes/ports.ts';
import { createKataRuntime } from './kata-runtime-command.ts';
import { vmmProgramName } from './node-commands.ts';
import type { AgentObservers } from './observe-agent.ts';
import { observeMachines } from './observe-machines.ts';

export interface MachineParts {
  agent: AgentClient;
  /** Where they come from; without it there are none. */
  virtualMachines: VirtualMachines | undefined;
  observers: AgentObservers;
  /** What each belongs to, by its sandbox. */
  links: ReadonlyMap<string, TraceLinks>;
}

/** The virtual machines that pods have, and the programs of the node by which they are made and entered. */
export function serveMachines({ agent, virtualMachines, observers, links }: MachineParts): {
  machines: RunningMachines;
  programs: Readonly<Record<string, Program>>;
} {
  const machines = new RunningMachines(observers.stopwatch, links);
  if (!virtualMachines) return { machines, programs: {} };
  const watcher = machines.watching(observeMachines(observers, links));
  const vmm = (call: Invocation) => serveVmm(call, virtualMachines, watcher);
  return {
    machines,
    programs: { 'kata-runtime': createKataRuntime(agent), [vmmProgramName]: vmm },
  };
}

import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import { ScriptedProgram } from '#cri/scripted/scripted-program.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { KataRuntime } from '#runtimes/kata/kata-runtime.ts';
import { type MachineName, machines } from '#runtimes/kata/machines.ts';
import { RuncRuntime } from '#runtimes/runc/runc-runtime.ts';
import type { TaskRuntime } from '#runtimes/task.ts';

/** The handlers that a RuntimeClass can name; the empty one is what pods without a class get. */
export function nodeRuntimes(
  agent: AgentClient,
  clock: Clock,
  trace: TraceBus,
  { virtualMachines }: { virtualMachines: boolean },
): ReadonlyMap<string, TaskRuntime> {
  const calls = { agent, clock, trace };
  const crun = new RuncRuntime('crun', calls);
  const names = virtualMachines ? (Object.keys(machines) as MachineName[]) : [];
  return new Map<string, TaskRuntime>([
    ['', crun],
    ['crun', crun],
    ['runc', new RuncRuntime('runc', calls)],
    ...names.map((name) => [name, new KataRuntime(name, calls)] as const),
  ]);
}

/** The one that readers write themselves, behind the handler `toy`. */
export function readersRuntime(agent: AgentClient, clock: Clock, trace: TraceBus): ScriptedProgram {
  return new ScriptedProgram({ agent, clock, trace, path: '/root/toy', records: '/run/toy' });
}

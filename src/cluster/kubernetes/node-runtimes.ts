import type { Clock } from '#base/clock.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { ScriptedProgram } from '#cri/scripted/scripted-program.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { KataCalls } from '#runtimes/kata/kata-calls.ts';
import { KataRuntime } from '#runtimes/kata/kata-runtime.ts';
import { type MachineName, machines } from '#runtimes/kata/machines.ts';
import { RuncRuntime } from '#runtimes/runc/runc-runtime.ts';
import type { TaskRuntime } from '#runtimes/task.ts';

/** The handlers that a RuntimeClass can name; the empty one is what pods without a class get. */
export function nodeRuntimes(
  calls: KataCalls,
  /** What each virtual machine belongs to; without it there are none. */
  machineLinks: Map<string, TraceLinks> | undefined,
): ReadonlyMap<string, TaskRuntime> {
  const crun = new RuncRuntime('crun', calls);
  const kata = (name: MachineName, links: Map<string, TraceLinks>) =>
    [name, new KataRuntime(name, calls, links)] as const;
  const names = Object.keys(machines) as MachineName[];
  return new Map<string, TaskRuntime>([
    ['', crun],
    ['crun', crun],
    ['runc', new RuncRuntime('runc', calls)],
    ...(machineLinks ? names.map((name) => kata(name, machineLinks)) : []),
  ]);
}

/** The one that readers write themselves, behind the handler `toy`. */
export function readersRuntime(agent: AgentClient, clock: Clock, trace: TraceBus): ScriptedProgram {
  return new ScriptedProgram({ agent, clock, trace, path: '/root/toy', records: '/run/toy' });
}

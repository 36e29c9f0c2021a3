import type { TraceBus } from '#base/trace.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { ProcessEvent } from '#guest/process-events.ts';

/**
 * Tells the trace of each process that begins, changes its program or ends on the node, and of the pod and
 * container that it belongs to.
 */
export async function traceProcesses(
  agent: AgentClient,
  trace: TraceBus,
  signal: AbortSignal,
): Promise<void> {
  const events = await agent.processEvents(signal);
  try {
    for (let batch = await events.next(signal); batch; batch = await events.next(signal)) {
      // Whose a process is, is known when its start has been answered, which may come after its first events.
      await agent.processesStarted();
      for (const event of batch) record(trace, event);
    }
  } finally {
    events.close();
  }
}

/** Threads of a process are its own affair. */
function record(trace: TraceBus, event: ProcessEvent): void {
  if (event.type === 'lost') {
    trace.emit({ kind: 'lost', what: 'process events', count: event.count });
    return;
  }
  if (event.thread !== event.process) return;
  const pid = event.process;
  if (event.type === 'fork') {
    const links = trace.processes.forked(pid, event.parent);
    trace.emit({ ...links, kind: 'process', event: 'fork', pid, parentPid: event.parent });
  } else if (event.type === 'exec') {
    const links = trace.processes.of(pid);
    trace.emit({ ...links, kind: 'process', event: 'exec', pid, name: event.name });
  } else if (event.type === 'exit') {
    const exit = event.signal ?? String(event.code ?? 0);
    trace.emit({ ...trace.processes.exited(pid), kind: 'process', event: 'exit', pid, exit });
  }
}

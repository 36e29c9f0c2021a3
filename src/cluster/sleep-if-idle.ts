import { type Clock, sleep } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import type { NodeStatus } from '#rpc/contracts.ts';

/** Milliseconds over which the machine is watched before it is called idle. */
const idleSample = 2_000;
/** Instructions a second that still count as rest: an idle node has next to none, a `ping` 300,000. */
const idleInstructions = 100_000;

/** What is asked of a node; `LinuxNode` is one. */
export interface SleepyNode {
  readonly status: NodeStatus;
  readonly changes: Emitter<NodeStatus>;
  readonly running: {
    machine: { facts(): { instructions: number } };
    agent: { system: { findWork(signal: AbortSignal): Promise<number | undefined> } };
  };
  pause(by: 'sleep'): Promise<void>;
}

/** Pauses a node that executes next to nothing and has no process that would miss the time; tells whether it did. */
export async function sleepIfIdle(node: SleepyNode, clock: Clock): Promise<boolean> {
  const { status } = node;
  if (status.kind !== 'running') return false;
  // Whoever changes the node meanwhile, the reader above all, has a reason that is not sleep.
  const changed = new AbortController();
  const stopListening = node.changes.listen(() => {
    changed.abort();
  });
  try {
    if (!(await isIdle(node, clock, changed.signal))) return false;
  } catch (error) {
    if (changed.signal.aborted) return false;
    throw error;
  } finally {
    stopListening();
  }
  await node.pause('sleep');
  // The reader's own pause may have come before.
  return isAsleep(node.status);
}

function isAsleep(status: NodeStatus): boolean {
  return status.kind === 'paused' && status.by === 'sleep';
}

async function isIdle(node: SleepyNode, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const { machine, agent } = node.running;
  const before = machine.facts().instructions;
  await sleep(clock, idleSample, signal);
  const executed = machine.facts().instructions - before;
  if (executed >= (idleInstructions * idleSample) / 1000) return false;
  return (await agent.system.findWork(signal)) === undefined;
}

import type { Clock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import type { SandglassError } from '#base/errors.ts';
import { SuspendableClock } from '#base/suspendable-clock.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { Machine } from '#vm/machine.ts';
import { lastLines } from './node-ends.ts';

type Failed = Extract<NodeStatus, { kind: 'failed' }>;

/** What the node's machine is doing, and the time of what lives on it, which stands still while it is paused. */
export class NodeState {
  readonly changes = new Emitter<NodeStatus>();
  readonly time: SuspendableClock;
  #status: NodeStatus = { kind: 'off' };

  constructor(clock: Clock) {
    this.time = new SuspendableClock(clock);
  }

  get status(): NodeStatus {
    return this.#status;
  }

  set(status: NodeStatus): void {
    this.#status = status;
    this.time[status.kind === 'paused' ? 'suspend' : 'resume']();
    this.changes.emit(status);
  }

  /** The machine stays, so that its console can be read, but does not go on by itself. */
  fail(
    during: Failed['during'],
    { code, message }: SandglassError,
    machine: Machine | undefined,
  ): void {
    const console = machine ? lastLines(machine.console.scrollback()) : '';
    if (machine?.state === 'running') void machine.pause();
    this.set({ kind: 'failed', during, failure: { code, message }, console });
  }
}

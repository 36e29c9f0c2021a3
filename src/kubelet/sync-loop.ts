import type { Clock } from '#base/clock.ts';
import type { Stepper } from '#base/stepper.ts';
import type { PodRef, SyncLoopSource } from '#base/trace-records.ts';
import type { TraceBus } from '#base/trace.ts';
import type { PodUpdate } from './config/pod-config.ts';
import type { PodLifecycleEvent } from './pleg/generic.ts';
import type { ProbeUpdate } from './prober/results.ts';
import { SourceQueue } from './source-queue.ts';

/** What each source says. */
export interface SyncLoopEvents {
  config: PodUpdate;
  pleg: PodLifecycleEvent;
  sync: undefined;
  housekeeping: undefined;
  liveness: ProbeUpdate;
  readiness: ProbeUpdate;
  startup: ProbeUpdate;
  'container-manager': { podUids: readonly string[] };
}

/** What the loop does with it: none of these waits (pkg/kubelet/kubelet.go, SyncHandler). */
export type SyncHandlers = {
  [Source in SyncLoopSource]: (event: SyncLoopEvents[Source]) => void;
};

/** What an iteration is about, for the trace and for a reader who holds it. */
export interface IterationDetails {
  operation: string;
  pods: readonly PodRef[];
}

export interface SyncLoopOptions {
  clock: Clock;
  trace: TraceBus;
  stepper: Stepper;
  random: () => number;
  handlers: SyncHandlers;
  describe: (source: SyncLoopSource, event: SyncLoopEvents[SyncLoopSource]) => IterationDetails;
  /** Undefined while the loop may run; else why it has to pause (runtimeState). */
  unhealthyBecause: () => string | undefined;
  onError: (error: unknown) => void;
}

export const syncPeriod = 1_000;
export const housekeepingPeriod = 2_000;
/** How long the loop rests while the runtime is unhealthy (kubelet.go, syncLoop). */
const firstRest = 100;
const longestRest = 5_000;

type Queues = { [Source in SyncLoopSource]: SourceQueue<SyncLoopEvents[Source]> };

/**
 * The kubelet's heart: takes what one of its eight sources has ready, chosen at random as Go's select
 * does, and hands it to its handler (pkg/kubelet/kubelet.go, syncLoopIteration).
 */
export class SyncLoop {
  readonly #options: SyncLoopOptions;
  readonly #queues: Queues;
  #wake: (() => void) | undefined;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
    const queue = <T>() => new SourceQueue<T>(() => this.#wake?.());
    this.#queues = {
      config: queue(),
      pleg: queue(),
      sync: queue(),
      housekeeping: queue(),
      liveness: queue(),
      readiness: queue(),
      startup: queue(),
      'container-manager': queue(),
    };
  }

  tell<Source extends SyncLoopSource>(source: Source, event: SyncLoopEvents[Source]): void {
    this.#queues[source].push(event);
  }

  /** Runs until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const stops = [this.#tick('sync', syncPeriod), this.#tick('housekeeping', housekeepingPeriod)];
    let rest = firstRest;
    try {
      while (!signal.aborted) {
        if (this.#options.unhealthyBecause() !== undefined) {
          await this.#rest(rest, signal);
          rest = Math.min(rest * 2, longestRest);
          continue;
        }
        rest = firstRest;
        const ready = this.#ready();
        const source = ready[Math.floor(this.#options.random() * ready.length)];
        if (source) await this.#iterate(source, signal);
        else await this.#newEvent(signal);
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  #ready(): SyncLoopSource[] {
    return (Object.keys(this.#queues) as SyncLoopSource[]).filter(
      (source) => this.#queues[source].ready,
    );
  }

  async #iterate(source: SyncLoopSource, signal: AbortSignal): Promise<void> {
    const { trace, stepper, handlers, describe, onError } = this.#options;
    const event = this.#queues[source].take();
    const handle = handlers[source] as (event: unknown) => void;
    const details = describe(source, event);
    try {
      await stepper.pass(`sync-loop/${source}`, details, { follows: 'sync-loop', signal });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    trace.emit({
      kind: 'sync-loop',
      source,
      ...details,
      ...(details.pods.length === 1 && { pod: details.pods[0] }),
    });
    try {
      handle(event);
    } catch (error) {
      onError(error);
    }
  }

  /** A ticker that drops ticks which nobody took, as Go's do. */
  #tick(source: 'sync' | 'housekeeping', period: number): () => void {
    let cancel = (): void => undefined;
    const again = () => {
      if (!this.#queues[source].ready) this.#queues[source].push(undefined);
      cancel = this.#options.clock.schedule(period, again);
    };
    cancel = this.#options.clock.schedule(period, again);
    return () => cancel();
  }

  #newEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(milliseconds, () => done());
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
